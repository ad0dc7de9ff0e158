"""Proves on the program's source that raw pictures, redacted ones and the simulator's flag stay where they belong."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

# Parts that may see raw pictures (core.frame) by the project's design; the simulator draws them.
RAW_PICTURES: Final = ("core", "video", "detect", "describe", "privacy", "pipeline", "simulate")
_FRAME_FIELDS: Final = 6  # Frame(camera, index, time_ns, pixels, layout, synthetic)


def source_breaches(package: Path) -> list[str]:
    """One sentence per breach in the .py files under the package's folder; empty where all rules are kept.

    core.frame is imported only by the parts that may see raw pictures; only privacy builds a Redacted; only simulate
    sets a Frame's synthetic flag (others may pass on one they were given).
    """
    breaches = []
    for path in sorted(package.rglob("*.py")):
        where = path.relative_to(package)
        part = where.parts[0] if len(where.parts) > 1 else ""
        tree = ast.parse(path.read_text("utf-8"), str(path))
        breaches += [f"{where} {what}" for what in _breaches(tree, part)]
    return breaches


def _breaches(tree: ast.AST, part: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if part not in RAW_PICTURES and _imports_frame(node):
            yield f"imports raw pictures in line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Call):
            name = _called(node)
            if name == "Redacted" and part not in ("privacy", "core"):
                yield f"builds a Redacted in line {node.lineno}"
            if part != "simulate" and _sets_synthetic(node, name):
                yield f"sets the simulator's flag in line {node.lineno}"


def _imports_frame(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(name.name.startswith("sightline.core.frame") for name in node.names)
    if isinstance(node, ast.ImportFrom):
        whole = node.module == "sightline.core" and any(name.name == "frame" for name in node.names)
        return whole or node.module == "sightline.core.frame"
    return False


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _sets_synthetic(node: ast.Call, name: str) -> bool:
    given = [word.value for word in node.keywords if word.arg == "synthetic"]
    if name == "Frame" and len(node.args) >= _FRAME_FIELDS:
        given.append(node.args[_FRAME_FIELDS - 1])
    return any(not _harmless(value) for value in given)


def _harmless(value: ast.expr) -> bool:
    passed_on = isinstance(value, ast.Attribute) and value.attr == "synthetic"
    return passed_on or (isinstance(value, ast.Constant) and value.value is False)
