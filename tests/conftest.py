"""Fixtures for all tests: where the shared material lies, and skipping where it does not."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# In continuous integration the same examples every time; new ones are explored at home, where what they find is mended.
settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of clips, models and ground truth; the test skips where it is absent."""
    folder = Path(os.environ.get("SIGHTLINE_SHARED", ROOT.parent / "shared"))
    if not (folder / "README.md").is_file():
        pytest.skip("shared material absent: expected ../shared or SIGHTLINE_SHARED")
    return folder


@pytest.fixture(scope="session")
def models_folder(shared: Path) -> Path:
    """The folder of model files in shared."""
    return shared / "models"
