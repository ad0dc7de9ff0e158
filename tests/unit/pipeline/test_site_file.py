"""A running site's file: what people may change by the API, what they may not, and what happens to secrets."""

from pathlib import Path
from typing import Any

import pytest

from sightline.config.site import SiteConfig
from sightline.core.errors import BadConfig
from sightline.formats.site_yaml import read_site
from sightline.pipeline.site_file import SiteFile

TEXT = """\
name: here
cameras:
  gate:
    source:
      url: rtsp://10.0.0.5/live  # the old one
      user: viewer
      password: ${GATE_PASSWORD}
    purpose: count people through the gate
  clip:
    source: /data/clip.mp4
    purpose: a recording to try things on
"""


class Followed:
    """A site's file with what its service was brought to."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "site.yaml"
        self.path.write_text(TEXT, encoding="utf-8")
        self.brought: list[SiteConfig] = []
        self.secrets = folder / "secrets"
        self.file = SiteFile(self.path, read_site(self.path), self.secrets, self._bring)

    def _bring(self, site: SiteConfig) -> str:
        self.brought.append(site)
        return f"brought to {len(site.cameras)}"

    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")


@pytest.fixture
def one(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def test_lines_and_purpose_are_changed_and_written(one: Followed) -> None:
    one.file.change_camera("gate", {"lines": {"in": [[0.1, 0.5], [0.9, 0.5]]}, "purpose": "count all through the gate"})
    assert one.brought[-1].cameras["gate"].lines["in"] == ((0.1, 0.5), (0.9, 0.5))
    assert "# the old one" in one.text()
    assert read_site(one.path) == one.file.site() == one.brought[-1]
    assert not one.file.site().cameras["gate"].from_api, "its address is still the file's"
    one.file.change_camera("gate", {"lines": None})
    assert one.file.site().cameras["gate"].lines == {}


def test_what_is_shown_holds_no_credentials_and_may_be_sent_back(one: Followed) -> None:
    shown = one.file.camera("gate")
    assert shown["source"] == {"url": "rtsp://10.0.0.5/live", "user": "viewer", "password": "***"}
    one.file.change_camera("gate", shown)
    assert one.file.site().cameras["gate"] == read_site(one.path).cameras["gate"]
    assert one.file.site().cameras["gate"].source.password == "${GATE_PASSWORD}"
    assert not one.file.site().cameras["gate"].from_api


def test_a_secret_goes_to_a_file_of_its_own(one: Followed) -> None:
    one.file.add_camera(
        "new", {"source": {"url": "rtsp://10.0.0.9/x", "user": "u", "secret": "hunter2"}, "purpose": "look at the yard"}
    )
    source = one.file.site().cameras["new"].source
    assert "hunter2" not in one.text()
    assert source.password is not None
    kept = Path(source.password.removeprefix("file:"))
    assert kept.read_text(encoding="utf-8") == "hunter2\n"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert one.file.site().cameras["new"].from_api
    assert one.file.camera("new")["source"]["password"] == "***"


REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("a file of this machine", "new", {"source": "/etc/passwd", "purpose": "read the machine"}),
    ("a file address", "new", {"source": "file:///etc/passwd", "purpose": "read the machine"}),
    ("a device", "new", {"source": "/dev/video0", "purpose": "read the machine"}),
    ("a concat of files", "new", {"source": "concat:/etc/passwd", "purpose": "read the machine"}),
    (
        "somebody else's secret",
        "new",
        {"source": {"url": "http://evil.example/x", "password": "file:/etc/shadow"}, "purpose": "read a secret"},
    ),
    (
        "the environment",
        "new",
        {"source": {"url": "http://evil.example/x", "password": "${HOME}"}, "purpose": "read a secret"},
    ),
    ("the old password for a new server", "gate", {"source": {"url": "rtsp://evil.example/x", "password": "***"}}),
    (
        "the reference for a new server",
        "gate",
        {"source": {"url": "rtsp://evil.example/", "password": "${GATE_PASSWORD}"}},
    ),
    ("user and password in the address", "new", {"source": "rtsp://u:p@10.0.0.9/x", "purpose": "look at the yard"}),
    ("trust", "gate", {"from_api": False}),
    ("an unknown member", "gate", {"purposee": "something else"}),
    ("no purpose", "new", {"source": "rtsp://10.0.0.9/x"}),
    ("a name that is a path", "../x", {"source": "rtsp://10.0.0.9/x", "purpose": "look at the yard"}),
    ("a source that is none", "gate", {"source": 3}),
    ("a secret with a line end", "new", {"source": {"url": "rtsp://h/x", "secret": "a\nb"}, "purpose": "look at it"}),
]


@pytest.mark.parametrize(("camera", "members"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused_and_nothing_changed(one: Followed, camera: str, members: dict[str, Any]) -> None:
    with pytest.raises(BadConfig):
        (one.file.change_camera if camera == "gate" else one.file.add_camera)(camera, members)
    assert one.text() == TEXT
    assert one.brought == []
    assert list(one.secrets.glob("*")) == []


def test_another_server_forgets_the_password(one: Followed) -> None:
    one.file.change_camera("gate", {"source": {"url": "rtsp://10.0.0.77/live"}})
    source = one.file.site().cameras["gate"].source
    assert (source.user, source.password) == (None, None)
    assert one.file.site().cameras["gate"].from_api


def test_unknown_and_taken_names(one: Followed) -> None:
    for call in (one.file.camera, one.file.remove_camera, lambda name: one.file.change_camera(name, {})):
        with pytest.raises(KeyError):
            call("nobody")
    with pytest.raises(BadConfig, match="taken"):
        one.file.add_camera("gate", {})
    one.file.remove_camera("clip")
    assert list(one.brought[-1].cameras) == ["gate"]


def test_a_file_changed_on_disk_is_followed_once(one: Followed) -> None:
    assert one.file.reload(only_if_changed=True) == ""
    one.path.write_text(TEXT.replace("clip:", "tape:"), encoding="utf-8")
    assert one.file.reload(only_if_changed=True) == "brought to 2"
    assert "tape" in one.file.site().cameras
    one.path.write_text("name: [", encoding="utf-8")
    with pytest.raises(BadConfig):
        one.file.reload(only_if_changed=True)
    assert "tape" in one.file.site().cameras, "it stays as it was"
    assert one.file.reload(only_if_changed=True) == "", "a fault is said once"


def test_secrets_nobody_names_any_more_are_deleted(one: Followed) -> None:
    def source(secret: str) -> dict[str, Any]:
        return {"url": "rtsp://10.0.0.9/x", "user": "u", "secret": secret}

    one.file.add_camera("new", {"source": source("first"), "purpose": "look at the yard"})
    one.file.change_camera("new", {"source": source("second")})
    (kept,) = one.secrets.iterdir()
    assert kept.read_text(encoding="utf-8") == "second\n"
    (one.secrets / "a note of the operator").write_text("stays", encoding="utf-8")
    one.file.remove_camera("new")
    assert [path.name for path in one.secrets.iterdir()] == ["a note of the operator"]


def test_what_fails_behind_the_file_takes_no_secret_away(tmp_path: Path) -> None:
    def broken(_: SiteConfig) -> str:
        raise OSError("no room for the log")

    path = tmp_path / "site.yaml"
    path.write_text(TEXT, encoding="utf-8")
    file = SiteFile(path, read_site(path), tmp_path / "secrets", broken)
    source = {"url": "rtsp://10.0.0.9/x", "user": "u", "secret": "hunter2"}
    with pytest.raises(OSError, match="no room"):
        file.add_camera("new", {"source": source, "purpose": "look at the yard"})
    password = read_site(path).cameras["new"].source.password
    assert password is not None
    assert Path(password.removeprefix("file:")).exists()


def test_what_cannot_run_here_is_not_written(tmp_path: Path) -> None:
    def refused(_: SiteConfig) -> None:
        raise BadConfig("plugin", "nosuch", "one that is here")

    path = tmp_path / "site.yaml"
    path.write_text(TEXT, encoding="utf-8")
    file = SiteFile(path, read_site(path), tmp_path / "secrets", lambda _: "", refused)
    with pytest.raises(BadConfig, match="one that is here"):
        file.change_camera("gate", {"purpose": "something else again"})
    assert path.read_text(encoding="utf-8") == TEXT


PUSHER = "  north:\n    source: {kind: push, url: yard, password: '${KEY}'}\n    purpose: look at the yard\n"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("", "expected sources.push in the file"),
        (PUSHER + "sources: {push: {address: 127.0.0.1}}\n", "'yard' is taken"),
    ],
    ids=["a site where nobody pushes", "somebody else's name"],
)
def test_nobody_takes_anothers_name_to_push_to(tmp_path: Path, more: str, words: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(TEXT + more, encoding="utf-8")
    file = SiteFile(path, read_site(path), tmp_path / "secrets", lambda _: "")
    with pytest.raises(BadConfig, match=words):
        file.change_camera("gate", {"source": {"kind": "push", "url": "yard", "secret": "x"}})
