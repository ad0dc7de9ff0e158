"""Fetching, verifying and importing model files."""

import errno
import hashlib
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.core.errors import ModelUnavailable
from sightline.models import library as library_module
from sightline.models.library import Library, default_folder
from sightline.models.model import Model, ModelFile

BODY = bytes(range(256)) * 1200
ModelOf = Callable[..., Model]
LibraryOf = Callable[..., Library]


def test_pull_brings_the_file_and_tells_progress(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of())
    steps: list[tuple[str, int, int | None]] = []
    library.pull("small", lambda *step: steps.append(step))
    assert library.installed("small")
    assert library.path("small").read_bytes() == BODY
    assert steps[-1] == ("small.onnx", len(BODY), len(BODY))
    assert [done for _, done, _ in steps] == sorted(done for _, done, _ in steps)
    library.verify("small")
    assert sorted(path.name for path in library.path("small").parent.iterdir()) == [".lock", "small.onnx"]


def test_pull_of_what_is_here_asks_nobody(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of())
    library.pull("small")
    library.pull("small")
    assert shelf.asked == [None]


def test_pull_goes_on_where_it_stopped(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of())
    shelf.cut_after = 100_000
    with pytest.raises(ModelUnavailable, match=r"small\.onnx: expected 307200 bytes, got 100000 .* pull again"):
        library.pull("small")
    assert not library.installed("small")
    shelf.cut_after = None
    library.pull("small")
    assert shelf.asked == [None, "bytes=100000-"]
    assert library.path("small").read_bytes() == BODY


@pytest.mark.parametrize("word", ["server without ranges", "part of another version", "part too long"])
def test_pull_starts_over_when_it_cannot_go_on(shelf, model_of: ModelOf, library_of: LibraryOf, word: str) -> None:
    library = library_of(model_of())
    part = library.folder / "small" / "small.onnx.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * (len(BODY) + 5 if word == "part too long" else 5000))
    shelf.ranges = word != "server without ranges"
    library.pull("small")
    assert library.path("small").read_bytes() == BODY


@pytest.mark.parametrize(
    ("word", "given", "said"),
    [
        ("another file of the same size", b"y" * len(BODY), r"small\.onnx: expected sha(256|384) [0-9a-f]+\.\.\., got"),
        ("a flipped bit", bytes([BODY[0] ^ 1]) + BODY[1:], r"small\.onnx: expected sha(256|384) [0-9a-f]+\.\.\., got"),
        ("a longer file", BODY + b"z", r"small\.onnx: expected 307200 bytes, got more"),
        ("a page instead of a file", b"<html>no</html>", r"small\.onnx: expected 307200 bytes, got 15 before"),
        ("no such file", None, r"small\.onnx: expected it at http.*, got HTTP 404"),
    ],
)
def test_pull_refuses_by_name(
    shelf, model_of: ModelOf, library_of: LibraryOf, word: str, given: bytes | None, said: str
) -> None:
    library = library_of(model_of())
    if given is None:
        shelf.files.clear()
    else:
        shelf.files["/small.onnx"] = given
    with pytest.raises(ModelUnavailable, match=said):
        library.pull("small")
    assert not library.installed("small")


def test_pull_gives_up_on_a_port_that_accepts_and_stays_silent(model_of: ModelOf, library_of: LibraryOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/small.onnx"
        library = library_of(model_of(url=address), timeout_s=0.2)
        with pytest.raises(ModelUnavailable, match=r"expected a connection to http.*, got none within 0\.2 s"):
            library.pull("small")


def test_pull_without_a_listener_is_one_sentence(model_of: ModelOf, library_of: LibraryOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/small.onnx"
    library = library_of(model_of(url=address))
    with pytest.raises(ModelUnavailable, match="expected a connection to"):
        library.pull("small")


@pytest.mark.parametrize(
    ("word", "address", "said"),
    [
        ("plain http", "http://example.invalid/small.onnx", "expected an https address"),
        ("a local file", "file:///etc/passwd", "expected an https address"),
        ("no address", None, "can only be imported"),
    ],
)
def test_only_official_https_addresses_are_asked(
    model_of: ModelOf, library_of: LibraryOf, word: str, address: str | None, said: str
) -> None:
    with pytest.raises(ModelUnavailable, match=said):
        library_of(model_of(url=address)).pull("small")


def test_loopback_is_refused_unless_allowed(model_of: ModelOf, library_of: LibraryOf) -> None:
    with pytest.raises(ModelUnavailable, match="expected an https address"):
        library_of(model_of(), loopback=False).pull("small")


def test_being_sent_on_to_plain_http_is_refused(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of())
    shelf.moved_to = "http://example.invalid/small.onnx"
    with pytest.raises(ModelUnavailable, match="expected an https address"):
        library.pull("small")


def test_a_file_without_checksum_is_pinned_and_then_held_to_it(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of(pinned=True))
    assert library.list()[0].origin == "pinned at first use"
    library.pull("small")
    library.verify("small")
    library.path("small").write_bytes(b"q" * len(BODY))
    with pytest.raises(ModelUnavailable, match=r"small\.onnx: expected sha256"):
        library.verify("small")


@pytest.mark.parametrize("word", ["truncated", "longer", "a flipped bit", "gone"])
def test_verify_names_the_file(shelf, model_of: ModelOf, library_of: LibraryOf, word: str) -> None:
    library = library_of(model_of())
    library.pull("small")
    path = library.path("small")
    if word == "gone":
        path.unlink()
    else:
        path.write_bytes({"truncated": BODY[:-1], "longer": BODY + b"1", "a flipped bit": b"\x80" + BODY[1:]}[word])
    with pytest.raises(ModelUnavailable, match=r"small\.onnx") as caught:
        library.verify("small")
    assert str(caught.value).startswith("model small: ")
    assert "expected" in str(caught.value)
    assert "got" in str(caught.value)


def test_pull_mends_a_damaged_file(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of())
    library.pull("small")
    library.path("small").write_bytes(BODY[:-7])
    library.pull("small")
    library.verify("small")


def test_a_full_disk_is_one_sentence(
    shelf, model_of: ModelOf, library_of: LibraryOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(library_module, "fetch", full)
    with pytest.raises(ModelUnavailable, match="expected room for the files, got a full disk"):
        library_of(model_of()).pull("small")


def test_an_unknown_name_says_the_nearest() -> None:
    with pytest.raises(ModelUnavailable, match="yolox-s"):
        Library(Path("nowhere")).path("yolox_s")


def _two_files(body: bytes = BODY) -> Model:
    files = tuple(
        ModelFile(name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in (("net.xml", b"<xml/>" * 10), ("net.bin", body))
    )
    return Model("net", "detect", "pvb", files, "Apache-2.0", (64, 64), "none", 1.0)


def test_import_finds_files_in_any_layout_and_under_any_name(library_of: LibraryOf, tmp_path: Path) -> None:
    library = library_of(_two_files())
    deep = tmp_path / "in" / "deep"
    deep.mkdir(parents=True)
    (deep / "renamed.dat").write_bytes(BODY)
    (tmp_path / "in" / "net.xml").write_bytes(b"<xml/>" * 10)
    (tmp_path / "in" / "unrelated.txt").write_text("hello")
    assert library.import_dir(tmp_path / "in") == ["net"]
    library.verify("net")
    assert library.path("net").name == "net.xml"


@pytest.mark.parametrize(
    ("word", "files", "said"),
    [
        (
            "truncated",
            {"net.xml": b"<xml/>" * 10, "net.bin": BODY[:-3]},
            r"net\.bin: expected 307200 bytes, got 307197",
        ),
        ("wrong", {"net.xml": b"<xml/>" * 10, "net.bin": b"w" * len(BODY)}, r"net\.bin: expected sha256 .*, got"),
        ("one of two", {"net.xml": b"<xml/>" * 10}, r"net\.bin: expected beside the other file of net, got none"),
        ("nothing known", {"readme.txt": b"hello"}, r"expected model files of the registry in .*, got none"),
    ],
)
def test_import_refuses_by_name(
    library_of: LibraryOf, tmp_path: Path, word: str, files: dict[str, bytes], said: str
) -> None:
    library = library_of(_two_files())
    (tmp_path / "in").mkdir()
    for name, content in files.items():
        (tmp_path / "in" / name).write_bytes(content)
    with pytest.raises(ModelUnavailable, match=said):
        library.import_dir(tmp_path / "in")
    assert not library.installed("net")


def test_import_takes_the_good_ones_before_it_refuses(
    shelf, model_of: ModelOf, library_of: LibraryOf, tmp_path: Path
) -> None:
    library = library_of(_two_files(), model_of())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "small.onnx").write_bytes(BODY)
    (tmp_path / "in" / "net.xml").write_bytes(b"<xml/>" * 9)
    with pytest.raises(ModelUnavailable, match=r"net\.xml: expected 60 bytes, got 54; imported small"):
        library.import_dir(tmp_path / "in")
    assert library.installed("small")


def test_import_of_no_folder_is_one_sentence(library_of: LibraryOf, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="expected a folder"):
        library_of(_two_files()).import_dir(tmp_path / "absent")


def test_import_of_the_library_itself_changes_nothing(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of())
    library.pull("small")
    assert library.import_dir(library.folder) == ["small"]
    library.verify("small")


def test_list_says_what_is_here(shelf, model_of: ModelOf, library_of: LibraryOf) -> None:
    library = library_of(model_of(), _two_files())
    library.pull("small")
    (library.folder / "net").mkdir()
    (library.folder / "net" / "net.xml").write_bytes(b"")
    assert [(row.name, row.state, row.origin) for row in library.list()] == [
        ("small", "installed", "official"),
        ("net", "incomplete", "import only"),
    ]


@pytest.mark.parametrize(
    ("word", "environment", "ends"),
    [
        ("named", {"SIGHTLINE_MODELS": "/srv/models"}, "/srv/models"),
        ("cache of the platform", {"XDG_CACHE_HOME": "/var/c"}, "sightline/models"),
        ("home", {}, "sightline/models"),
    ],
)
def test_default_folder(monkeypatch: pytest.MonkeyPatch, word: str, environment: dict[str, str], ends: str) -> None:
    for name in ("SIGHTLINE_MODELS", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert default_folder().as_posix().endswith(ends)


def test_shared_makes_each_thing_once(tmp_path: Path) -> None:
    library = Library(tmp_path)
    made = [library.shared(("key", 1), lambda: object()) for _ in range(3)]
    assert made[0] is made[1] is made[2]
    assert library.shared(("key", 2), lambda: object()) is not made[0]


def test_copies_survive_an_interrupted_import(
    library_of: LibraryOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = library_of(_two_files())
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "net.xml").write_bytes(b"<xml/>" * 10)
    (tmp_path / "in" / "net.bin").write_bytes(BODY)

    def breaks(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"half")
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "copyfile", breaks)
    with pytest.raises(ModelUnavailable, match="expected to write there"):
        library.import_dir(tmp_path / "in")
    assert not library.installed("net")
    assert not list(library.folder.rglob("*.copy"))
