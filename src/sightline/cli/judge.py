"""Holds what the pipeline says of simulated cameras against the truth the simulator tells, while it runs."""

import threading
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from sightline.core.events import Line
from sightline.core.values import F32, I16, I64, Bool, Tracks
from sightline.evaluate import evaluate
from sightline.formats.mot import MotTable, table
from sightline.pipeline.board import Board
from sightline.pipeline.order import Analysed
from sightline.pipeline.ports import CameraScores, CountScore
from sightline.simulate.live import Began, Crossed, News, TruthOf

REMEMBERED: Final = 9_000  # pictures per camera, a quarter of an hour at 10 per second
_RECENT: Final = 1_200  # of them are scored again and again while people look on
_LEAST: Final = 100  # pictures before a first score is shown; fewer say nothing
_CLASS_CODES: Final = 100  # class numbers of a district's truth start here (docs/reference/district.md)
_ROUND_S: Final = 2.0  # between two cameras scored: costs a few per cent of a core
_BOXES_AHEAD: Final = 64  # pictures that truth may run ahead of the analysis


@dataclass(slots=True, eq=False)
class _Picture:
    """Truth of one picture and what was said of it."""

    ids: I64
    labels: I16
    boxes: F32
    counted: Bool
    said_ids: list[int] = field(default_factory=list)
    said_boxes: list[Any] = field(default_factory=list)
    analysed: bool = False


@dataclass(slots=True, eq=False)
class _Record:
    """What is kept of one camera."""

    truth: deque[tuple[int, _Picture]] = field(default_factory=lambda: deque(maxlen=REMEMBERED + _BOXES_AHEAD))
    by_number: dict[int, _Picture] = field(default_factory=dict)
    first: int | None = None  # number of the picture that the reader counts as its first
    sessions: int = 0
    index_at: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=50))  # time_ns, index
    last: int = 0  # number of the last picture that was analysed
    passes: list[Crossed] = field(default_factory=list)
    painted: int = 0  # pictures that the reader could have had
    said: dict[tuple[str, str], int] | None = None  # what was counted when the stream broke


class Judge:
    """Compares; ``hear`` takes the simulator's news, ``note`` is a sink of the worker.

    cameras: name -> its counting lines; only lines that are still as they were are judged. A camera whose stream was
    read anew, or by somebody else, too, is judged up to then: nobody can say any more which picture is which.
    """

    def __init__(self, cameras: Mapping[str, Sequence[Line]]) -> None:
        self._lock = threading.Lock()
        self._own_lines = {name: tuple(lines) for name, lines in cameras.items()}
        self._records = {name: _Record() for name in cameras}
        self._board: Board | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def hear(self, news: News) -> None:
        """Remember what is true."""
        said = self._totals(news.camera) if isinstance(news, Began) else {}
        with self._lock:
            if isinstance(news, Began):
                record = self._records[news.camera]
                record.sessions += 1
                if record.first is None:
                    record.first = news.number
                elif record.said is None:
                    record.said = said
            elif isinstance(news, TruthOf):
                self._remember(self._records[news.camera], news)
            elif isinstance(news, Crossed) and self._records[news.camera].sessions <= 1:
                self._records[news.camera].passes.append(news)

    def note(self, _: object, analysed: Analysed) -> None:
        """Remember what was said of a picture."""
        with self._lock:
            record = self._records[analysed.camera]
            if record.first is None or record.sessions > 1:
                return
            picture = record.by_number.get(record.first + analysed.index - 1)
            if picture is None:
                return
            picture.analysed = True
            record.last = record.first + analysed.index - 1
            self._say(picture, analysed.tracks)
            indices = dict(record.index_at)
            for hit in analysed.first_hits:
                earlier = record.by_number.get(record.first + indices.get(hit.time_ns, -1) - 1)
                if earlier is not None and earlier.analysed and hit.id not in earlier.said_ids:
                    earlier.said_ids.append(hit.id)
                    earlier.said_boxes.append(hit.box)
            record.index_at.append((analysed.time_ns, analysed.index))

    def start(self, board: Board) -> None:
        """Score one camera after the other from now on, and show the scores on the board."""
        self._board = board
        self._thread = threading.Thread(target=self._judge_for_ever, args=(board,), name="judge", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Score no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def report(self, counts: Mapping[str, Mapping[str, Mapping[str, Mapping[str, int]]]]) -> dict[str, Any]:
        """Per camera HOTA and IDF1 (percent) over what is remembered, and the error of the counts (percent).

        counts: camera -> line -> direction -> class -> crossings, as in the summary.
        """
        cameras = {}
        for name in self._records:
            scores = self._scores(name, REMEMBERED)
            lines = self._lines(name, _sums(counts[name]))
            counted, truth = sum(one.counted for one in lines), sum(one.truth for one in lines)
            wrong = sum(abs(one.counted - one.truth) for one in lines)
            cameras[name] = {
                **({key: scores[key] for key in ("HOTA", "DetA", "AssA", "IDF1", "MOTA")} if scores else {}),
                "frames": scores["frames"] if scores else 0,
                "painted": self._records[name].painted,
                "counted": counted,
                "crossed": truth,
                "miscounted": wrong,
                "count_error": 100.0 * wrong / max(1, truth),
                "lines": [
                    {"line": one.line, "direction": one.direction, "counted": one.counted, "truth": one.truth}
                    for one in lines
                ],
                "readings": self._records[name].sessions,
            }
        return cameras

    def _judge_for_ever(self, board: Board) -> None:
        names = list(self._records)
        turn = 0
        while not self._stop.wait(_ROUND_S):
            name = names[turn % len(names)]
            turn += 1
            scores = self._scores(name, _RECENT)
            if scores is None:
                continue
            said = self._totals(name)
            broke = self._records[name].sessions > 1
            note = "until its stream was read anew" if broke else f"over the last {scores['frames']} pictures"
            board.judge(name, CameraScores(scores["HOTA"], scores["IDF1"], tuple(self._lines(name, said)), note))

    def _scores(self, name: str, most: int) -> dict[str, Any] | None:
        with self._lock:
            rows = [(number, one) for number, one in self._records[name].truth if one.analysed][-most:]
            truth, said = _truth_table(rows), _said_table(rows)
        if len(rows) < _LEAST:
            return None
        return evaluate(truth, said, convention="district") | {"frames": len(rows)}

    def _lines(self, name: str, said: Mapping[tuple[str, str], int]) -> list[CountScore]:
        judged = self._judged(name)
        with self._lock:
            record = self._records[name]
            said = said if record.said is None else record.said
            first = record.first
            true: Counter[tuple[str, str]] = Counter()
            if first is not None:
                # Who passes between the last picture that was analysed and the end could not be counted.
                rows = ((one.line, one.direction) for one in record.passes if first < one.number <= record.last)
                true.update(rows)
        return [
            CountScore(line, way, said.get((line, way), 0), true.get((line, way), 0))  # type: ignore[arg-type]
            for line, way in sorted({*said, *true})
            if line in judged
        ]

    def _totals(self, name: str) -> dict[tuple[str, str], int]:
        return {} if self._board is None else _sums(self._board.totals(name))

    def _judged(self, name: str) -> set[str]:
        """Names of the lines that are as they were: of those that people drew or moved nobody knows the truth."""
        own = self._own_lines[name]
        now = own if self._board is None else self._board.lines(name)
        return {line.name for line in own if line in now}

    @staticmethod
    def _remember(record: _Record, news: TruthOf) -> None:
        record.painted += record.first is not None and record.sessions == 1
        picture = _Picture(news.ids, news.labels, news.boxes_px, news.counted)
        if len(record.truth) == record.truth.maxlen:
            record.by_number.pop(record.truth[0][0], None)
        record.truth.append((news.number, picture))
        record.by_number[news.number] = picture

    @staticmethod
    def _say(picture: _Picture, tracks: Tracks) -> None:
        sure = tracks.confirmed()
        picture.said_ids.extend(sure.ids.tolist())
        picture.said_boxes.extend(sure.boxes_px.tolist())


def _sums(counts: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[tuple[str, str], int]:
    """(line, direction) -> crossings of all classes."""
    return {(line, way): sum(by.values()) for line, ways in counts.items() for way, by in ways.items()}


def _truth_table(rows: list[tuple[int, _Picture]]) -> MotTable:
    if not rows:
        return MotTable.empty()
    return table(
        np.concatenate([np.full(len(one.ids), number) for number, one in rows]),
        np.concatenate([one.ids for _, one in rows]),
        np.concatenate([one.boxes for _, one in rows]),
        np.concatenate([one.counted for _, one in rows]).astype(np.float64),
        np.concatenate([one.labels for _, one in rows]).astype(np.int64) + _CLASS_CODES,
    )


def _said_table(rows: list[tuple[int, _Picture]]) -> MotTable:
    frames = [number for number, one in rows for _ in one.said_ids]
    ids = [i for _, one in rows for i in one.said_ids]
    boxes = [box for _, one in rows for box in one.said_boxes]
    if not frames:
        return MotTable.empty()
    return table(np.array(frames, np.int64), np.array(ids, np.int64), np.array(boxes, np.float64))
