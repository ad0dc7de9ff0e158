"""A source: a folder of pictures, shown one after another."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import numpy as np

from sightline.core.errors import SourceUnavailable
from sightline.core.frame import Frame

SUFFIXES = (".jpg", ".jpeg", ".png")


class Stills:
    """Frames in order of file names, ``fps`` a second in media time; pictures that cannot be read are left out."""

    def __init__(self, files: list[Path], camera: str, fps: float) -> None:
        self._files, self._camera, self._fps = files, camera, fps
        self._closed = False

    def __iter__(self) -> Iterator[Frame]:
        """The frames; numbers from 1."""
        for index, file in enumerate(self._files, start=1):
            if self._closed:
                return
            pixels = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
            if pixels is not None:
                time_ns = round((index - 1) / self._fps * 1e9)
                yield Frame(self._camera, index, time_ns, np.asarray(pixels, np.uint8))

    def close(self) -> None:
        """No more frames."""
        self._closed = True


def open_stills(url: str, camera: str) -> Stills:
    """Open ``stills:///folder?fps=5``; SourceUnavailable in one sentence where there is nothing to show."""
    parts = urlsplit(url)
    folder = Path(unquote(parts.path))
    files = sorted(file for file in folder.glob("*") if file.suffix.lower() in SUFFIXES) if folder.is_dir() else []
    if not files:
        raise SourceUnavailable(f"{url}: expected a folder with pictures ({', '.join(SUFFIXES)}), got none")
    try:
        fps = float(parse_qs(parts.query).get("fps", ["5"])[0])
    except ValueError as error:
        raise SourceUnavailable(f"{url}: expected fps as a number") from error
    if not 0.01 <= fps <= 120:
        raise SourceUnavailable(f"{url}: expected fps in 0.01..120, got {fps}")
    return Stills(files, camera, fps)
