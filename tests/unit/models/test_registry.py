"""The registry's own soundness."""

from urllib.parse import urlsplit

import pytest

from sightline.models.registry import MODELS

OFFICIAL = {"storage.openvinotoolkit.org", "download.01.org", "github.com"}


@pytest.mark.parametrize("name", MODELS)
def test_each_entry_is_sound(name: str) -> None:
    model = MODELS[name]
    assert model.name == name
    assert model.licence in ("Apache-2.0", "MIT")
    assert model.cost > 0
    assert len({file.name for file in model.files}) == len(model.files)
    assert model.files[0].name.endswith((".xml", ".onnx"))
    for file in model.files:
        assert file.sha256 is not None or file.url is not None, "neither an address nor a checksum"
        assert file.sha256 is None or (len(file.sha256) == 64 and file.size)
        if file.published is not None:
            algorithm, hexadecimal = file.published.split(":")
            assert len(hexadecimal) == {"sha256": 64, "sha384": 96}[algorithm]
        if file.url is not None:
            parts = urlsplit(file.url)
            assert (parts.scheme, parts.hostname in OFFICIAL) == ("https", True)
            assert parts.path.endswith("/" + file.name)


def test_no_model_can_tell_who_somebody_is() -> None:
    assert {model.task for model in MODELS.values()} == {
        "detect",
        "vehicle attributes",
        "person attributes",
        "faces",
        "plates",
    }


def test_agrees_with_the_shared_list(models_folder) -> None:  # type: ignore[no-untyped-def]
    import json

    listed = json.loads((models_folder / "SOURCES.json").read_text())
    ours = {file.sha256: file for model in MODELS.values() for file in model.files}
    for path, entry in listed.items():
        if path.startswith("models/"):
            file = ours[entry["sha256"]]
            assert (file.size, file.published, file.url) == (entry["size"], entry.get("published"), entry.get("url"))
            assert path.endswith("/" + file.name)
