"""``sightline simulate DIR --live``: a district on air as RTSP cameras, with its truth written beside."""

import threading
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from sightline.cli.running import ctrl_c
from sightline.cli.terminal import progress, say
from sightline.core.clock import SystemClock
from sightline.core.errors import SightlineError
from sightline.core.vocabulary import CODE
from sightline.core.wording import number_of
from sightline.formats.atomic import unwritable
from sightline.formats.columns_csv import write_columns
from sightline.formats.district import begin, make_room, write_manifest
from sightline.formats.district_tables import TABLES
from sightline.formats.mot_truth import truth_bytes
from sightline.simulate.district import district
from sightline.simulate.live import Ask, Began, Crossed, Failed, LiveDistrict, News, OnAir, Progress, TruthOf
from sightline.simulate.mounting import lines_for
from sightline.simulate.record import Scene, manifest, write_survey
from sightline.simulate.sight import Sight

_LOOK_S: Final = 0.5
_EARLY: Final = 1_000  # of what is true kept of a camera until its first reader is known: more than any delay
_Pass = tuple[float, str, str, str, str, int]  # time_s, camera, line, direction, class, id


class TruthBook:
    """Writes the truth of each camera from the first picture that anybody read on, numbered from there.

    So the numbers are those of whoever read first, and his results are compared as they are. A camera nobody reads has
    no truth. Told from the district's thread.
    """

    def __init__(self, folder: Path, cameras: list[str], stack: ExitStack) -> None:
        self._lock = threading.Lock()
        self._first: dict[str, int] = {}
        self._passes: list[_Pass] = []
        # Truth is told before a picture is sent, so what a reader's first picture shows is known before he has it.
        self._early: dict[str, deque[TruthOf | Crossed]] = {name: deque(maxlen=_EARLY) for name in cameras}
        self._files: dict[str, BinaryIO] = {}
        (folder / "truth").mkdir(parents=True, exist_ok=True)
        for name in cameras:
            self._files[name] = stack.enter_context((folder / "truth" / f"{name}.txt").open("wb"))
        self.start_ns = 0
        self.seconds = 0.0
        self.frames = 0
        self.failed = ""

    def hear(self, news: News) -> None:
        """Write down what is true."""
        with self._lock:
            if isinstance(news, OnAir):
                self.start_ns = SystemClock().now_ns()
            elif isinstance(news, Began):
                if news.camera not in self._first:
                    self._first[news.camera] = news.number
                    for early in self._early.pop(news.camera):
                        self._keep(early)
            elif isinstance(news, Failed):
                self.failed = self.failed or news.reason
            elif isinstance(news, TruthOf | Crossed):
                if news.camera in self._first:
                    self._keep(news)
                else:
                    self._early[news.camera].append(news)

    def _keep(self, news: TruthOf | Crossed) -> None:
        frame = news.number - self._first[news.camera] + 1
        if isinstance(news, TruthOf) and frame >= 1:
            self._write(news, frame)
        elif isinstance(news, Crossed) and frame > 1:
            self.seconds = max(self.seconds, news.time_s)
            self._passes.append((news.time_s, news.camera, news.line, news.direction, news.label, news.id))

    def close(self, folder: Path) -> None:
        """Write who passed the lines; BadConfig where it cannot be written."""
        rows = sorted(self._passes)
        names = ("time_s", "camera", "line", "direction", "class", "id")
        columns = {name: np.array([row[k] for row in rows]) for k, name in enumerate(names)}
        columns["class"] = np.array([CODE[row[4]] for row in rows], np.int16)
        columns["time_s"] = columns["time_s"].astype(np.float64)
        columns["id"] = columns["id"].astype(np.int64)
        for name in ("camera", "line", "direction"):
            columns[name] = columns[name].astype(np.str_)
        write_columns(folder / "truth" / "crossings.csv", TABLES["crossings.csv"], columns)

    def _write(self, news: TruthOf, frame: int) -> None:
        self.frames = max(self.frames, frame)
        frames = np.full(len(news.ids), frame)
        try:
            self._files[news.camera].write(
                truth_bytes(frames, news.ids, news.boxes_px, news.counted, news.labels, news.visibility)
            )
        except OSError as error:
            self.failed = self.failed or str(unwritable(Path(self._files[news.camera].name), error))


def broadcast(folder: Path, ask: Ask, scene: Scene, seconds: float | None, *, force: bool) -> None:
    """On air until Ctrl-C or for so long; what was seen is a district folder when it returns.

    SightlineError where the district cannot be put on air or breaks off.
    """
    make_room(folder, force=force)
    begin(folder)
    write_survey(folder, scene, Sight(scene.layout, scene.cameras))
    names = [camera.name for camera in scene.cameras]
    stop = threading.Event()
    with ExitStack() as stack:
        book = TruthBook(folder, names, stack)
        with progress() as bar:
            task = bar.add_task("laying streets", total=1.0)

            def hear(news: News) -> None:
                if isinstance(news, Progress):
                    bar.update(task, completed=news.done, total=news.total, description=news.words)
                book.hear(news)

            live = LiveDistrict(ask, hear)
            urls = live.start()
        stack.callback(live.stop)
        stack.enter_context(ctrl_c(stop))
        for url in urls.values():
            say(url)
        until = "Ctrl-C" if seconds is None else f"Ctrl-C or {seconds:g} s have passed"
        say(f"on air until {until}; truth counts from the first picture somebody reads")
        _wait(stop, book, seconds)
        live.stop()
        book.close(folder)
    made = Scene(
        scene.layout, scene.cameras, scene.lines, scene.seed, max(book.frames / ask.fps, book.seconds, 1 / ask.fps),
        ask.fps, book.start_ns, scene.settings,
    )  # fmt: skip
    write_manifest(folder, manifest(made, "truth", made.entries()))
    if book.failed:
        raise SightlineError(book.failed)
    say(f"{number_of(len(names), 'camera')}, {number_of(book.frames, 'picture')} of the one read longest, in {folder}")


def plan_of(ask: Ask, start_ns: int) -> Scene:
    """The still part of a district that is to be on air."""
    made = district(ask.seed, ask.cameras, size=ask.size, fps=ask.fps)
    lines = tuple(lines_for(made.layout, camera) for camera in made.cameras)
    settings = {"hour": ask.hour, "users": ask.users, "weather": ask.weather}
    return Scene(made.layout, made.cameras, lines, ask.seed, 1.0, ask.fps, start_ns, settings)


def _wait(stop: threading.Event, book: TruthBook, seconds: float | None) -> None:
    clock = SystemClock()
    begun_ns = clock.monotonic_ns()
    while not stop.wait(_LOOK_S) and not book.failed:
        if seconds is not None and clock.monotonic_ns() - begun_ns >= seconds * 1e9:
            return
