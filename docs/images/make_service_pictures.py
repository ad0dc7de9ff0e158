"""Makes the pictures of the service's page: its own browser tests over drawn streets, shrunk to few colours.

Needs Chromium and Pillow, and the models of faces and plates, without which the pictures are pixelated as a whole.
``service-counts.png`` is not among them: it shows an hour of three drawn streets, which no test waits for.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTS = "zone_line_and_rule or privacy_officer or token_is_shown"
SHOWN = ("rules", "events", "people", "health")  # in the guide
TESTS_AT = ("tests/live/test_service_page.py", "tests/live/test_service_people.py")
WIDTH_PX = 1000
COLOURS = 256  # a screenshot with a street in it then has about 100 kB


def main() -> int:
    """Run the tests that take pictures, and keep these."""
    with tempfile.TemporaryDirectory() as folder:
        told = {**os.environ, "SIGHTLINE_SCREENSHOTS": folder}
        command = [sys.executable, "-m", "pytest", "-q", *TESTS_AT, "-k", TESTS]
        code = subprocess.run(command, cwd=ROOT, env=told, check=False).returncode
        for path in (Path(folder) / f"service-{name}.png" for name in SHOWN):
            with Image.open(path) as taken:
                height = round(taken.height * WIDTH_PX / taken.width)
                small = taken.convert("RGB").resize((WIDTH_PX, height), Image.Resampling.LANCZOS)
            small.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
                HERE / path.name, optimize=True
            )
    return code


if __name__ == "__main__":
    sys.exit(main())
