"""Protected outputs of the person model end in the decode function and exist nowhere else."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

import sightline.describe
from sightline.core.vocabulary import ATTRIBUTES
from sightline.describe.calibration import PERSON_FLAGS
from sightline.describe.decode import read_person, read_vehicle

PROTECTED = (0, 6)  # places of the two outputs in the model's eight
SOURCES = sorted(Path(sightline.describe.__file__).parent.glob("*.py"))
WORDS = re.compile(r"\b(is_)?(fe)?male\b|gender|\bsex\b|\bm[ae]n\b|\bwom[ae]n\b|long_?hair|hair", re.IGNORECASE)


def outputs(flags: np.ndarray) -> dict[str, np.ndarray]:
    point = np.full((1, 2, 1, 1), 0.5, np.float32)
    return {"453": flags.reshape(1, 8, 1, 1).astype(np.float32), "456": point, "459": point}


@pytest.mark.parametrize("place", PROTECTED)
@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, float("nan")])
def test_nothing_of_a_protected_output_leaves_the_decode(place: int, value: float) -> None:
    flags = np.linspace(0.11, 0.81, 8)
    before = read_person(outputs(flags))
    flags[place] = value
    after = read_person(outputs(flags))
    assert np.array_equal(before.flags, after.flags)
    assert (before.upper, before.lower) == (after.upper, after.lower)
    assert before.flags.shape == (len(PERSON_FLAGS),)
    assert not np.isin(np.float32([0.11, 0.71]), before.flags).any()


def test_the_flags_are_those_of_the_vocabulary_in_order() -> None:
    flags = np.arange(8) / 10
    assert read_person(outputs(flags)).flags.tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.7])
    assert set(PERSON_FLAGS) <= set(ATTRIBUTES)


def test_the_poor_type_output_is_not_read() -> None:
    colour = np.arange(7, dtype=np.float32).reshape(1, 7, 1, 1)
    assert read_vehicle({"color": colour}).tolist() == list(range(7))


def test_no_output_vocabulary_names_a_protected_attribute() -> None:
    for name, words in ATTRIBUTES.items():
        assert not [word for word in (name, *words) if WORDS.search(word)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_name_or_string_of_the_package_speaks_of_one(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    spoken = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)]
    spoken += [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    spoken += [node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)]
    spoken += [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in spoken if WORDS.search(text)]


def test_points_outside_the_crop_are_brought_inside() -> None:
    given = outputs(np.zeros(8)) | {"456": np.array([-0.2, 1.4], np.float32).reshape(1, 2, 1, 1)}
    assert read_person(given).upper == (0.0, 1.0)
