"""The rules of ARCHITECTURE.md as tests: imports, doors, who sees raw pictures, no state in classes, file names."""

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "sightline"
FILES = sorted(SOURCE.rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "misc", "manager", "handler", "processor"}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def package_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else parts[0].removesuffix(".py")


def test_imports_go_one_way_and_doors_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint, "--config", "pyproject.toml", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_only_the_clock_reads_the_clock() -> None:
    readers = {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "now", "utcnow"}
    offenders = []
    for path in FILES:
        if path == SOURCE / "core" / "clock.py":
            continue
        offenders += [
            f"{path.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"
            for node in ast.walk(tree_of(path))
            if isinstance(node, ast.Attribute)
            and node.attr in readers
            and isinstance(node.value, ast.Name)
            and node.value.id in {"time", "datetime"}
        ]
    assert offenders == []


def test_one_blind_except_in_the_supervisor_only() -> None:
    blind = {"Exception", "BaseException"}
    offenders = {
        path.relative_to(SOURCE).as_posix()
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in blind))
    }
    assert offenders <= {"pipeline/supervisor.py"}, offenders


def test_only_simulate_may_call_a_picture_synthetic() -> None:
    offenders = [
        f"{path.relative_to(ROOT)}:{node.value.lineno}"
        for path in FILES
        if package_of(path) != "simulate"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.keyword)
        and node.arg == "synthetic"
        and not (isinstance(node.value, ast.Attribute) and node.value.attr == "synthetic")
    ]
    assert offenders == []


def test_only_privacy_makes_redacted_pictures() -> None:
    offenders = [
        path.relative_to(ROOT).as_posix()
        for path in FILES
        if package_of(path) != "privacy"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Redacted"
    ]
    assert offenders == []


def test_no_state_in_classes() -> None:
    """No mutable default hangs on a class: state lives in objects."""
    offenders = [
        f"{path.relative_to(ROOT)}:{line.lineno}"
        for path in FILES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ClassDef)
        for line in node.body
        if isinstance(line, ast.Assign | ast.AnnAssign) and isinstance(line.value, ast.List | ast.Dict | ast.Set)
    ]
    assert offenders == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_file_says_what_it_holds_under_a_telling_name(path: Path) -> None:
    assert path.stem not in FORBIDDEN_NAMES
    assert ast.get_docstring(tree_of(path)), f"{path.name}: expected a first sentence on what the file holds"


def test_every_path_named_in_the_architecture_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:src|tests|benchmarks|docs|examples|requirements)/[\w./-]*)`", text))
    assert named, "expected ARCHITECTURE.md to name paths"
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_package_is_on_the_map() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = sorted(path.name for path in SOURCE.iterdir() if (path / "__init__.py").exists())
    assert [name for name in packages if f"{name}/" not in text] == []
