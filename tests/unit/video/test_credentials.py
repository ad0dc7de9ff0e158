"""Secrets by reference, and where they may not appear."""

from pathlib import Path

import pytest

from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video.address import shown
from sightline.video.credentials import Credentials, expanded, merged, refuse_references, secret

ENVIRON = {"CAM": "p@ss/w:rd #1", "EMPTY": ""}


def test_a_secret_of_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\nnot this\n")
    assert secret("${CAM}", ENVIRON) == "p@ss/w:rd #1"
    assert secret(f"file:{tmp_path}/key") == "s3cret"


@pytest.mark.parametrize(
    ("reference", "words"),
    [("${NONE}", "got 'nothing'"), ("${EMPTY}", "got 'nothing'"), ("plain-s3cret", "a secret in plain text"),
     ("file:/nowhere/key", "No such file")],
)  # fmt: skip
def test_a_secret_that_is_not_there_is_named_not_shown(reference: str, words: str) -> None:
    with pytest.raises(BadConfig, match=words) as caught:
        secret(reference, ENVIRON)
    assert "plain-s3cret" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\n", b"x" * 5000, b"\xff\xfe"], ids=["empty", "blank", "large", "no text"])
def test_a_file_that_is_no_secret(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "key").write_bytes(data)
    with pytest.raises(BadConfig):
        secret(f"file:{tmp_path}/key")


def test_merged_and_expanded_addresses_are_escaped_and_masked() -> None:
    known = Credentials("view er", ENVIRON["CAM"])
    url = merged("rtsp://old:one@cam.lan:554/a?b=1", known)
    assert url == "rtsp://view%20er:p%40ss%2Fw%3Ard%20%231@cam.lan:554/a?b=1"
    assert expanded("rtsp://viewer:${CAM}@cam.lan/a", ENVIRON) == "rtsp://viewer:p%40ss%2Fw%3Ard%20%231@cam.lan/a"
    assert "ss" not in shown(url)
    assert "view" not in repr(known)
    assert merged("/clips/a.mp4", known) == "/clips/a.mp4"


def test_an_address_from_outside_carries_no_secret_away() -> None:
    with pytest.raises(SourceUnavailable, match="without references"):
        refuse_references("http://attacker.test/${AWS_SECRET_ACCESS_KEY}.m3u8")
