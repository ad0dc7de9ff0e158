"""The site's file: every fault at its line, nothing secret repeated, changes that keep comments and harm nothing."""

from pathlib import Path
from typing import Any

import pytest

from sightline.core.errors import BadConfig
from sightline.formats.site_yaml import BadSite, change_site, plain, read_site

GOOD = """\
# our site
name: north station
time_zone: Europe/Berlin
cameras:
  gate:
    source: rtsp://10.0.0.5/live  # over the gate
    purpose: count people through the gate
    lines:
      in: [[0.1, 0.5], [0.9, 0.5]]
    zones:
      hall: [[0, 0], [1, 0], [1, 1]]
    rules:
      - {type: occupancy, name: hall, zone: hall}
  yard:
    source:
      url: rtsp://10.0.0.6/live
      user: viewer
      password: ${YARD_PASSWORD}
    purpose: queue length before the barrier
settings:
  video: {stall_s: 5}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "site.yaml"
    made.write_text(GOOD, encoding="utf-8")
    made.chmod(0o600)
    return made


def test_good_file(path: Path) -> None:
    site = read_site(path)
    assert list(site.cameras) == ["gate", "yard"]
    assert site.cameras["gate"].source.url == "rtsp://10.0.0.5/live"
    assert site.cameras["yard"].source.password == "${YARD_PASSWORD}"
    assert site.effective().video.stall_s == 5


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("purpose: count people", "purposes: count people", 7, "did you mean purpose?"),
        ("    purpose: count people through the gate\n", "", 5, "cameras.gate.purpose: expected a value, got none"),
        ("time_zone: Europe/Berlin", "time_zone: Europe/Berlinn", 3, "time zone database"),
        ("zone: hall}", "zone: hal}", 5, "nearest: 'hall'"),
        ("zone: hall}", "zone: hall, min_secs: 3}", 13, "did you mean min_s?"),
        ("type: occupancy", "type: ocupancy", 13, "expected"),
        ("password: ${YARD_PASSWORD}", "password: hunter2", 18, "${NAME} of the environment"),
        ("{stall_s: 5}", "{stall_s: 5000}", 21, "less than or equal to 600"),
        ("{stall_s: 5}", "{stal: 5}", 21, "video.stal"),
        ("  video:", "  vido:", 20, "settings"),
        ("[0.9, 0.5]", "[1.9, 0.5]", 9, "less than or equal to 1"),
        ("  yard:", "  gate:", 14, 'duplicate key "gate"'),
        ("  yard:", "  yard:\n\tx: 1", 15, "YAML"),
        ("name: north", "name: [north", 3, "YAML"),
    ],
)
def test_faults_name_line_and_remedy(path: Path, old: str, new: str, line: int, words: str) -> None:
    assert GOOD.count(old) == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(BadSite) as caught:
        read_site(path)
    fault = caught.value.faults[0]
    assert words in str(fault)
    assert abs(fault.line - line) <= 1, f"{fault} should be near line {line}"
    assert "hunter2" not in str(caught.value)


def test_all_faults_at_once(path: Path) -> None:
    path.write_text(GOOD.replace("purpose", "purposee"), encoding="utf-8")
    with pytest.raises(BadSite) as caught:
        read_site(path)
    assert len(caught.value.faults) == 2
    assert "(and 1 more)" in str(caught.value)


ALIASES = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "got nothing"),
        ("- a\n- b\n", "expected keys"),
        (ALIASES, "aliases counted"),
        ("name: " + "[" * 5000, "YAML"),
        ("name: \x00", "YAML"),
        ("name: !!python/object/apply:os.system ['true']", "name"),
    ],
)
def test_hostile_files_are_refused(path: Path, text: str, words: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadSite, match=words):
        read_site(path)


def test_not_text_and_not_there(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"name: caf\xe9\n")
    with pytest.raises(BadSite, match="UTF-8"):
        read_site(path)
    with pytest.raises(BadConfig, match="can be read"):
        read_site(tmp_path / "none.yaml")


def test_change_keeps_comments_order_and_permissions(path: Path) -> None:
    def change(members: Any) -> None:
        members["cameras"]["gate"]["lines"]["out"] = plain([[0.2, 0.6], [0.8, 0.6]])
        members["cameras"]["new"] = plain({"source": "rtsp://10.0.0.7/x", "purpose": "count cars in the yard"})

    site = change_site(path, change)
    assert list(site.cameras) == ["gate", "yard", "new"]
    text = path.read_text(encoding="utf-8")
    assert "# our site" in text
    assert "# over the gate" in text
    assert "out: [[0.2, 0.6], [0.8, 0.6]]" in text
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_site(path) == site


def test_a_change_that_makes_no_site_leaves_the_file(path: Path) -> None:
    def change(members: Any) -> None:
        members["cameras"]["gate"]["purpose"] = ""

    with pytest.raises(BadSite):
        change_site(path, change)
    assert path.read_text(encoding="utf-8") == GOOD
    assert [one.name for one in path.parent.iterdir()] == ["site.yaml"]
