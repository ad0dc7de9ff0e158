"""Source options and what they open: refusals, secrets, origins; nothing here needs a network."""

import threading
from pathlib import Path

import pytest
from pydantic import ValidationError

from sightline.config import VideoSettings
from sightline.config.sources import SourceOptions, SourcesSettings
from sightline.core.errors import BadConfig, SourceUnavailable
from sightline.video import FrameSlot, Reader
from sightline.video.feeds import Going, Site, credentials_of, feed_of
from sightline.video.source import Start

SITE = Site(VideoSettings(open_timeout_s=1, stall_s=1, retry_first_s=0.05, retry_last_s=0.1), SourcesSettings())


def going() -> Going:
    return Going(Start(), threading.Event())


BAD_OPTIONS = {
    "password in plain text": {"url": "rtsp://cam/1", "password": "s3cret"},
    "push without a key": {"url": "gate", "kind": "push"},
    "push to a path": {"url": "../gate", "kind": "push", "password": "${K}"},
    "snapshot by RTSP": {"url": "rtsp://cam/1", "kind": "snapshot"},
    "unknown key": {"url": "rtsp://cam/1", "passwort": "${K}"},
    "too often": {"url": "http://cam/1", "kind": "snapshot", "snapshot": {"interval_s": 0.01}},
}


@pytest.mark.parametrize("word", BAD_OPTIONS)
def test_bad_options(word: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SourceOptions.model_validate(BAD_OPTIONS[word])
    assert "s3cret" not in str(caught.value)


def test_networks_are_networks() -> None:
    with pytest.raises(ValidationError):
        SourcesSettings.model_validate({"allow_private": ["the office"]})


def test_a_stream_of_the_operator_opens_and_numbers_go_on(make_clip) -> None:
    clip = make_clip(frames=5)
    feed = feed_of("cam", SourceOptions(url=str(clip)), SITE, origin="operator")
    source = feed(Going(Start(index=7, time_ns=10), threading.Event()))
    assert [frame.index for frame in source.frames()] == [8, 9, 10, 11, 12]
    source.close()


@pytest.mark.parametrize("url", ["/etc/passwd", "file:///etc/passwd", "/dev/video0", "http://127.0.0.1:1/a.m3u8"])
def test_what_the_api_cannot_open(url: str) -> None:
    with pytest.raises(SourceUnavailable, match="expected"):
        feed_of("cam", SourceOptions(url=url), SITE, origin="api")(going())


def test_an_api_address_cannot_ask_for_the_environment() -> None:
    with pytest.raises(SourceUnavailable, match="without references"):
        feed_of("cam", SourceOptions(url="rtsp://attacker.test/${HOME}"), SITE, origin="api")


def test_a_push_needs_a_door(monkeypatch) -> None:
    monkeypatch.setenv("K", "key")
    with pytest.raises(SourceUnavailable, match="expected a door"):
        feed_of("cam", SourceOptions(url="gate", kind="push", password="${K}"), SITE, origin="operator")


def test_a_secret_that_went_missing_is_a_lost_source_and_comes_back(tmp_path: Path, make_clip) -> None:
    """The reader goes on trying: the secret's file may be on its way."""
    document = tmp_path / "now"
    document.write_text(str(make_clip(frames=3)))
    options = SourceOptions(url=str(document), kind="document", user="u", password=f"file:{tmp_path}/key")
    with pytest.raises(BadConfig):
        credentials_of(options)
    slot = FrameSlot("newest", 10)
    feed = feed_of("cam", options, SITE, origin="operator")
    reader = Reader("cam", "cam", settings=SITE.settings, slot=slot, feed=feed, persistent=True)
    reader.start()
    try:
        end = threading.Event()
        for _ in range(500):
            if reader.stats().state == "lost":
                break
            end.wait(0.01)
        assert "secret file" in reader.stats().reason
        (tmp_path / "key").write_text("s3cret\n")
        assert slot.take(10) is not None
    finally:
        reader.stop()
