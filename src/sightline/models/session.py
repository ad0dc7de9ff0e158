"""Running a model: one compiled model per process, single-picture requests in flight, answers in order."""

import importlib
import os
import queue
import sys
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import ModelUnavailable
from sightline.models.library import Library
from sightline.models.model import Model

F32 = NDArray[np.float32]
Answers = dict[str, NDArray[Any]]  # output name -> array, its own memory


class Session(Protocol):
    """A model ready to run; any number of threads may call it at once."""

    model: Model

    @property
    def input_hw(self) -> tuple[int, int]:
        """Height and width of the picture the model takes."""
        ...

    @property
    def device(self) -> str:
        """Where it runs: "cpu" or "cuda"."""
        ...

    def run(self, tensor: F32) -> Answers:
        """The outputs for one picture, f32 (1, 3, h, w) contiguous."""
        ...

    def run_many(self, tensors: Iterable[F32]) -> list[Answers]:
        """The outputs for each picture in order, several in flight; the iterable is drawn as requests come free."""
        ...


def open_session(
    library: Library,
    name: str,
    *,
    requests: int = 2,
    threads: int = 0,
    device: Literal["cpu", "cuda"] | None = None,
) -> Session:
    """The model ready to run; its files are verified first, and it is compiled once per process and library.

    requests: single-picture requests in flight; threads: inference threads, 0 = one per core this process may use;
    device: None = the library's. On "cuda" ONNX models run in ONNX Runtime (the gpu extra), IR models stay on the CPU.
    ModelUnavailable where the model is absent, is not the published one, or cannot be read.
    """
    model = library.model(name)
    library.verify(name)
    path = library.path(name)
    if (device or library.device) == "cuda" and path.suffix == ".onnx":
        return library.shared(("onnxruntime", path), lambda: _CudaSession(model, path))
    lanes = threads or cores()
    streams = max(1, min(requests, lanes))
    key = ("openvino", path, lanes, streams)
    compiled, names = library.shared(key, lambda: _compile(library, model, path, lanes, streams))
    return _CpuSession(model, compiled, names, requests)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def openvino_module() -> Any:
    """The openvino module, its telemetry package kept out: importing that would write to the user's home and send."""
    if "openvino" not in sys.modules:
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]  # import then fails, openvino has a stub
    return importlib.import_module("openvino")


def _compile(library: Library, model: Model, path: Path, threads: int, streams: int) -> tuple[Any, list[str]]:
    openvino = openvino_module()
    core = library.shared(("openvino", "core"), openvino.Core)
    options = {
        "INFERENCE_PRECISION_HINT": "f32",  # INT8 models are deterministic only with this (measured)
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": streams,
        "ENABLE_CPU_PINNING": False,  # several workers and models share the cores
    }
    try:
        # not mapped: a file that is replaced while the program runs must not take it down
        network = core.read_model(str(path), config={"ENABLE_MMAP": False})
        if model.any_size:
            network.reshape([1, 3, -1, -1])
        names = [min(port.get_names()) for port in network.outputs]  # compiling adds inner names to these
        return core.compile_model(network, "CPU", options), names
    except (RuntimeError, ValueError, OSError) as error:
        raise ModelUnavailable(
            f"model file {path.name}: expected a readable network, got {_first_line(error)}"
        ) from error


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:160]


class _CpuSession:
    """OpenVINO requests on a shared compiled model; outputs are copied, so a request can go on at once."""

    def __init__(self, model: Model, compiled: Any, names: list[str], requests: int) -> None:
        self.model = model
        self.device = "cpu"
        self._names = names
        self._dynamic = compiled.inputs[0].partial_shape.is_dynamic
        self._shape = None if self._dynamic else tuple(compiled.inputs[0].shape)
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        for _ in range(max(1, requests)):
            self._free.put(compiled.create_infer_request())

    @property
    def input_hw(self) -> tuple[int, int]:
        return self.model.input_hw if self._shape is None else (int(self._shape[2]), int(self._shape[3]))

    def run(self, tensor: F32) -> Answers:
        self._check(tensor)
        request = self._free.get()
        try:
            request.infer([tensor], share_inputs=True)
            return self._answers(request)
        finally:
            self._free.put(request)

    def run_many(self, tensors: Iterable[F32]) -> list[Answers]:
        answers: list[Answers] = []
        flying: deque[tuple[Any, F32]] = deque()
        try:
            for tensor in tensors:
                self._check(tensor)
                request = self._take(wait=not flying)
                if request is None:
                    answers.append(self._land(flying[0]))
                    request, _ = flying.popleft()
                flying.append((request, tensor))
                request.start_async([tensor], share_inputs=True)
            while flying:
                answers.append(self._land(flying[0]))
                self._free.put(flying.popleft()[0])
        finally:
            for request, _ in flying:
                request.wait()
                self._free.put(request)
        return answers

    def _take(self, wait: bool) -> Any | None:
        try:
            return self._free.get(block=wait)
        except queue.Empty:
            return None

    def _land(self, flight: tuple[Any, F32]) -> Answers:
        flight[0].wait()
        return self._answers(flight[0])

    def _answers(self, request: Any) -> Answers:
        return {name: np.array(request.get_output_tensor(i).data) for i, name in enumerate(self._names)}

    def _check(self, tensor: F32) -> None:
        _check_tensor(self.model, tensor, self._shape)


class _CudaSession:
    """ONNX Runtime on CUDA; its run is thread-safe and releases the GIL."""

    def __init__(self, model: Model, path: Path) -> None:
        self.model = model
        self.device = "cuda"
        runtime = _onnxruntime()
        options = runtime.SessionOptions()
        options.log_severity_level = 3
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CUDAExecutionProvider"])
        except _errors_of(runtime) as error:
            raise ModelUnavailable(
                f"model file {path.name}: expected a network that runs on CUDA, got {_first_line(error)}"
            ) from error
        self._input = self._session.get_inputs()[0].name
        self._names = [output.name for output in self._session.get_outputs()]
        shape = self._session.get_inputs()[0].shape
        self._shape = tuple(shape) if all(isinstance(side, int) for side in shape) else None

    @property
    def input_hw(self) -> tuple[int, int]:
        return self.model.input_hw if self._shape is None else (int(self._shape[2]), int(self._shape[3]))

    def run(self, tensor: F32) -> Answers:
        _check_tensor(self.model, tensor, self._shape)
        outputs = self._session.run(self._names, {self._input: tensor})
        return dict(zip(self._names, outputs, strict=True))

    def run_many(self, tensors: Iterable[F32]) -> list[Answers]:
        return [self.run(tensor) for tensor in tensors]


def _onnxruntime() -> Any:
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ModelUnavailable(
            "device cuda: expected the gpu extra (pip install 'sightline[gpu]'), got none"
        ) from error
    if "CUDAExecutionProvider" not in runtime.get_available_providers():
        providers = ", ".join(runtime.get_available_providers())
        raise ModelUnavailable(f"device cuda: expected an ONNX Runtime with CUDA, got one with {providers}")
    return runtime


def _errors_of(runtime: Any) -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: its own classes share no parent but Exception."""
    own = vars(getattr(runtime.capi, "onnxruntime_pybind11_state", runtime.capi)).values()
    return (RuntimeError, ValueError, OSError, *(c for c in own if isinstance(c, type) and issubclass(c, Exception)))


def _check_tensor(model: Model, tensor: F32, shape: tuple[int, ...] | None) -> None:
    """A batch is refused: some of these models answer only for its first picture."""
    wanted = shape or (1, 3, *tensor.shape[2:])
    if tensor.dtype != np.float32 or tensor.shape != wanted or not tensor.flags.c_contiguous:
        raise ValueError(f"{model.name}: expected contiguous float32 {wanted}, got {tensor.dtype} {tensor.shape}")
