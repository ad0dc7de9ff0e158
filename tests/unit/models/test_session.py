"""Running a small network that is built here: order, threads, shapes, faults and the other runtime."""

import hashlib
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.core.errors import ModelUnavailable
from sightline.models import session as session_module
from sightline.models.library import Library
from sightline.models.model import Model, ModelFile
from sightline.models.session import Session, open_session


def _network(folder: Path, name: str = "net") -> Model:
    """A network [1, 3, 8, 8] -> "twice" (the picture doubled) and "mean" [1], as IR on disk with its registry entry."""
    openvino = session_module.openvino_module()
    ops = openvino.opset13
    picture = ops.parameter([1, 3, 8, 8], np.float32, name="picture")
    twice = ops.multiply(picture, ops.constant(np.full((1, 3, 1, 1), 2, np.float32)))
    mean = ops.reduce_mean(picture, ops.constant(np.array([1, 2, 3])))
    for node, word in ((twice, "twice"), (mean, "mean")):
        node.output(0).get_tensor().set_names({word})
    folder.mkdir(parents=True, exist_ok=True)
    openvino.save_model(openvino.Model([twice, mean], [picture], name), folder / "net.xml", compress_to_fp16=False)
    files = tuple(
        ModelFile(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (folder / "net.xml", folder / "net.bin")
    )
    return Model(name, "detect", "pvb", files, "Apache-2.0", (8, 8), "twice, mean", 1.0)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path, models={"net": _network(tmp_path / "net")})


def _pictures(count: int) -> list[np.ndarray]:
    return [np.full((1, 3, 8, 8), value, np.float32) for value in range(count)]


def test_telemetry_is_never_imported(library: Library) -> None:
    open_session(library, "net")
    assert sys.modules.get("openvino_telemetry") is None


def test_one_picture(library: Library) -> None:
    session = open_session(library, "net")
    assert session.input_hw == (8, 8)
    assert session.device == "cpu"
    answer = session.run(_pictures(4)[3])
    assert sorted(answer) == ["mean", "twice"]
    assert answer["twice"].shape == (1, 3, 8, 8)
    assert float(answer["mean"].squeeze()) == 3.0


@pytest.mark.parametrize("requests", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 23])
def test_many_pictures_answer_in_order(library: Library, requests: int, count: int) -> None:
    session = open_session(library, "net", requests=requests, threads=2)
    answers = session.run_many(iter(_pictures(count)))
    assert [float(answer["mean"].squeeze()) for answer in answers] == list(range(count))


def test_answers_are_their_own_memory(library: Library) -> None:
    session = open_session(library, "net", requests=1)
    first = session.run(_pictures(2)[1])["twice"]
    session.run(_pictures(6)[5])
    assert float(first.max()) == 2.0


def test_threads_share_a_session_without_mixing_answers(library: Library) -> None:
    session = open_session(library, "net", requests=2, threads=2)
    wrong: list[int] = []

    def work(value: int) -> None:
        picture = np.full((1, 3, 8, 8), value, np.float32)
        answers = session.run_many([picture] * 20) + [session.run(picture) for _ in range(20)]
        wrong.extend(value for answer in answers if float(answer["mean"].squeeze()) != value)

    threads = [threading.Thread(target=work, args=(value,)) for value in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_an_iterable_that_fails_leaves_the_session_usable(library: Library) -> None:
    session = open_session(library, "net", requests=2)

    def breaks() -> Any:
        yield from _pictures(3)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        session.run_many(breaks())
    assert len(session.run_many(_pictures(5))) == 5


@pytest.mark.parametrize(
    ("word", "tensor"),
    [
        ("a batch", np.zeros((2, 3, 8, 8), np.float32)),
        ("another size", np.zeros((1, 3, 8, 16), np.float32)),
        ("bytes", np.zeros((1, 3, 8, 8), np.uint8)),
        ("not contiguous", np.zeros((1, 3, 16, 8), np.float32)[:, :, ::2]),
    ],
)
def test_what_does_not_fit_is_refused(library: Library, word: str, tensor: np.ndarray) -> None:
    session = open_session(library, "net")
    with pytest.raises(ValueError, match=r"net: expected contiguous float32 \(1, 3, 8, 8\)"):
        session.run(tensor)


def test_a_model_is_compiled_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Path] = []
    compile_ = session_module._compile

    def counted(library: Library, model: Model, path: Path, threads: int, streams: int) -> Any:
        compiled.append(path)
        return compile_(library, model, path, threads, streams)

    monkeypatch.setattr(session_module, "_compile", counted)
    open_session(library, "net")
    open_session(library, "net")
    assert len(compiled) == 1


def test_a_flipped_bit_is_refused_by_name(library: Library) -> None:
    weights = library.folder / "net" / "net.bin"
    content = bytearray(weights.read_bytes())
    content[0] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"net\.bin: expected sha256"):
        open_session(library, "net")


@pytest.mark.parametrize(("word", "content"), [("random bytes", bytes(range(256)) * 4), ("empty", b"")])
def test_content_that_is_no_network_is_one_sentence(tmp_path: Path, word: str, content: bytes) -> None:
    file = ModelFile("net.onnx", len(content), hashlib.sha256(content).hexdigest())
    model = Model("net", "detect", "yolox", (file,), "Apache-2.0", (8, 8), "", 1.0)
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "net.onnx").write_bytes(content)
    with pytest.raises(ModelUnavailable, match=r"model file net\.onnx: expected a readable network, got .+") as caught:
        open_session(Library(tmp_path, models={"net": model}), "net")
    assert "\n" not in str(caught.value)


def test_an_absent_model_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="sightline models pull yolox-s"):
        open_session(Library(tmp_path), "yolox-s")
    with pytest.raises(ModelUnavailable, match="no official download"):
        open_session(Library(tmp_path), "yolox-nano")


class _OtherRuntime(types.ModuleType):
    """Stands in for onnxruntime: one output, the mean of the picture."""

    def __init__(self, providers: list[str], broken: bool = False) -> None:
        super().__init__("onnxruntime")
        self.providers = providers
        self.broken = broken
        self.capi = types.SimpleNamespace()

    def get_available_providers(self) -> list[str]:
        return self.providers

    def SessionOptions(self) -> types.SimpleNamespace:
        return types.SimpleNamespace()

    def InferenceSession(self, path: str, options: object, providers: list[str]) -> types.SimpleNamespace:
        assert providers == ["CUDAExecutionProvider"]
        if self.broken:
            raise RuntimeError("no kernel image")
        port = types.SimpleNamespace(name="images", shape=[1, 3, 8, 8])
        return types.SimpleNamespace(
            get_inputs=lambda: [port],
            get_outputs=lambda: [types.SimpleNamespace(name="mean")],
            run=lambda names, feeds: [feeds["images"].mean(axis=(1, 2, 3))],
        )


@pytest.fixture
def gpu_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Session]:
    """Opens an ONNX model on "cuda" with the given stand-in."""
    file = ModelFile("net.onnx", 3, hashlib.sha256(b"net").hexdigest())
    model = Model("net", "detect", "yolox", (file,), "Apache-2.0", (8, 8), "", 1.0)
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "net.onnx").write_bytes(b"net")

    def opened(runtime: types.ModuleType | None) -> Session:
        monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
        return open_session(Library(tmp_path, models={"net": model}, device="cuda"), "net")

    return opened


def test_cuda_keeps_the_same_contract(gpu_session: Callable[..., Session]) -> None:
    session = gpu_session(_OtherRuntime(["CUDAExecutionProvider", "CPUExecutionProvider"]))
    assert (session.device, session.input_hw) == ("cuda", (8, 8))
    assert [float(a["mean"].squeeze()) for a in session.run_many(_pictures(5))] == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError, match="expected contiguous"):
        session.run(np.zeros((2, 3, 8, 8), np.float32))


@pytest.mark.parametrize(
    ("word", "runtime", "said"),
    [
        ("extra not installed", None, r"expected the gpu extra \(pip install 'sightline\[gpu\]'\)"),
        ("runtime without cuda", _OtherRuntime(["CPUExecutionProvider"]), "got one with CPUExecutionProvider"),
        ("network fails", _OtherRuntime(["CUDAExecutionProvider"], broken=True), "got no kernel image"),
    ],
)
def test_cuda_that_cannot_be_had_is_one_sentence(
    gpu_session: Callable[..., Session], word: str, runtime: types.ModuleType | None, said: str
) -> None:
    with pytest.raises(ModelUnavailable, match=said):
        gpu_session(runtime)


def test_ir_stays_on_the_cpu(tmp_path: Path) -> None:
    library = Library(tmp_path, models={"net": _network(tmp_path / "net")}, device="cuda")
    assert open_session(library, "net").device == "cpu"
