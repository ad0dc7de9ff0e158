"""``privacy_check``: each promise can be found broken."""

from functools import cache

import numpy as np
import pytest

from sightline.config import PrivacySettings
from sightline.core.values import Redacted
from sightline.models.library import Library
from sightline.models.registry import MODELS
from sightline.privacy import check
from sightline.privacy.check import privacy_check
from sightline.privacy.redact import Redactor

SETTINGS = PrivacySettings()


@pytest.fixture(scope="module")
def source_breaches():
    """The reading of the program's source, done once: it is the same for all tests."""
    return cache(check.source_breaches)


@pytest.fixture
def findings(tmp_path, monkeypatch, source_breaches):
    monkeypatch.setattr(check, "source_breaches", source_breaches)

    def run(host="127.0.0.1", **given):
        found = privacy_check(SETTINGS, Library(tmp_path), host, **given)
        return {finding.rule: finding for finding in found}

    return run


def test_every_finding_is_one_sentence(findings):
    for finding in findings().values():
        assert finding.sentence
        assert "\n" not in finding.sentence


def test_without_models_pictures_are_pixelated_and_it_says_what_is_missing(findings):
    found = findings()
    assert not found["faces are found"].ok
    assert not found["plates are found"].ok
    assert not found["a second look at every picture"].ok
    assert not found["a fresh look between analyses"].ok
    assert found["faces and plates are blurred"].ok
    assert "pixelated" in found["faces and plates are blurred"].sentence


@pytest.mark.parametrize(
    ("word", "host", "token", "ok"),
    [
        ("loopback", "127.0.0.1", False, True),
        ("loopback by name", "localhost", False, True),
        ("loopback, version 6", "::1", False, True),
        ("everybody", "0.0.0.0", False, False),
        ("everybody with a token", "0.0.0.0", True, True),
        ("a name", "cameras.example", False, False),
    ],
)
def test_where_pages_are_served(word, host, token, ok, findings):
    assert findings(host, has_token=token)["pages are served to this machine only, or with a token"].ok is ok, word


@pytest.mark.parametrize(
    ("polygon", "ok"), [([(0, 0), (1, 0), (1, 1)], True), ([(0, 0), (640, 0), (1, 1)], False)], ids=["good", "bad"]
)
def test_masks(polygon, ok, findings):
    assert findings(masks={"gate": [polygon]})["masks can be drawn"].ok is ok


FORBIDDEN_RULE = "no model that says who somebody is or reads plates"


def test_the_registry_and_an_empty_folder_are_clean(findings):
    assert findings()[FORBIDDEN_RULE].ok


def test_a_forbidden_model_in_the_registry_is_found(findings):
    assert not findings(models=MODELS | {"arcface-r50": MODELS["yunet"]})[FORBIDDEN_RULE].ok


@pytest.mark.parametrize("name", ["person-reidentification-retail-0277.xml", "w600k_arcface.onnx", "lprnet.onnx"])
def test_a_forbidden_file_in_the_model_folder_is_found(name, findings, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / name).write_bytes(b"x")
    finding = findings()[FORBIDDEN_RULE]
    assert not finding.ok
    assert name in finding.sentence


def test_a_redactor_that_blurs_passes_and_leaves_the_street(answers):
    assert check._redaction_works(Redactor(answers(), answers(), SETTINGS)).ok


@pytest.mark.parametrize(
    ("word", "pixels_of"),
    [
        ("nothing is altered", lambda pixels: pixels.copy()),
        ("a weak blur", lambda pixels: np.clip(pixels.astype(int) // 2 + 50, 0, 255).astype(np.uint8)),
        ("everything is altered without a word", lambda pixels: np.zeros_like(pixels)),
    ],
)
def test_a_redactor_that_does_not_is_found(word, pixels_of):
    def redactor(frame, tracks):
        return Redacted(frame.camera, frame.index, frame.time_ns, pixels_of(frame.pixels))

    assert not check._redaction_works(redactor).ok, word


def test_a_pixelated_picture_that_shows_detail_is_found():
    def redactor(frame, tracks):
        return Redacted(frame.camera, 1, 0, frame.pixels.copy(), True, "pixelated: not really")

    assert not check._redaction_works(redactor).ok


def test_a_failure_pixelates(findings):
    assert findings()["a failure pixelates the whole picture"].ok
