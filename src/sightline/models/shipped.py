"""Running a network that comes with the package: any size of picture, several cameras' pictures in flight."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sightline.core.errors import ModelUnavailable
from sightline.models.session import cores, openvino_module

U8 = NDArray[np.uint8]
F32 = NDArray[np.float32]

MOST_SIZES: Final = 8  # cameras of one worker rarely have more; a camera that changes its size must not fill the memory


class ShippedNet:
    """A network of the package with one input u8 (1, channels, h, w) and one output; one thread per picture.

    It is compiled anew for each size of picture (about 0.1 s) and kept for the ``MOST_SIZES`` used last. path: its
    .xml, the .bin beside it; threads: pictures in flight, 0 = one per core. ModelUnavailable: the file is not a network
    that can be read. One caller at a time.
    """

    def __init__(self, path: Path, *, threads: int = 0) -> None:
        self._lanes = threads or cores()
        openvino = openvino_module()
        self._core = openvino.Core()
        try:
            self._network = self._core.read_model(str(path), config={"ENABLE_MMAP": False})
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelUnavailable(f"shipped model {path.name}: expected a readable network, got {error}") from error
        self._requests: OrderedDict[tuple[int, ...], list[Any]] = OrderedDict()  # by size, the one used last at the end

    def run_many(self, pictures: Sequence[U8]) -> list[F32]:
        """The output f32 (channels, rows, columns) of each picture u8 (1, channels, h, w), in order."""
        answers: list[F32] = []
        flying: list[Any] = []
        for first in range(0, len(pictures), self._lanes):
            part = pictures[first : first + self._lanes]
            used: dict[tuple[int, ...], int] = {}
            flying = []
            for picture in part:
                requests = self._of_size(picture.shape)
                turn = used.get(picture.shape, 0)
                used[picture.shape] = turn + 1
                requests[turn].start_async([picture], share_inputs=True)
                flying.append(requests[turn])
            for request in flying:
                request.wait()
                answers.append(np.array(request.get_output_tensor(0).data[0]))
        return answers

    def _of_size(self, shape: tuple[int, ...]) -> list[Any]:
        """The requests for a size of picture; compiled at first use."""
        if shape not in self._requests:
            network = self._network.clone()
            network.reshape(list(shape))
            options = {
                "INFERENCE_PRECISION_HINT": "f32",  # equal answers on every processor, as near as can be
                "INFERENCE_NUM_THREADS": self._lanes,
                "NUM_STREAMS": self._lanes,
                "ENABLE_CPU_PINNING": False,
            }
            compiled = self._core.compile_model(network, "CPU", options)
            self._requests[shape] = [compiled.create_infer_request() for _ in range(self._lanes)]
            if len(self._requests) > MOST_SIZES:
                self._requests.popitem(last=False)  # what of it is in flight is kept alive by its caller
        self._requests.move_to_end(shape)
        return self._requests[shape]
