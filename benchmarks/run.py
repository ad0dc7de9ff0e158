"""All benchmarks one after the other, each in a process of its own; results go to benchmarks/results."""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMANDS = {
    **{
        name: [sys.executable, "-m", "sightline", "bench", name, "--keep", str(HERE / "results")]
        for name in ("overhead", "first-box", "track", "tracking-quality")
    },
    **{
        path.stem: [sys.executable, str(path)]
        for path in sorted(HERE.glob("*.py"))
        if path.stem not in ("run", "describe_fit")
    },
}


def main() -> int:
    """Run those named, or all; the number of those that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(COMMANDS)}")
    names = parser.parse_args().names or list(COMMANDS)
    failed = 0
    for name in names:
        print(f"== {name}", flush=True)
        failed += subprocess.run(COMMANDS[name], cwd=HERE.parent, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
