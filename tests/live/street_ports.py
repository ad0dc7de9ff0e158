"""Drawn streets behind the pipeline's ports: real JPEGs and boxes to try the page without a pipeline."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from sightline.core.clock import SystemClock
from sightline.core.events import Event, Line, LineCrossed, SourceChanged
from sightline.core.geometry import segments_cross, side_of_line
from sightline.core.ground import Mount
from sightline.pipeline.ports import (
    CameraScores,
    CameraStatus,
    CountRow,
    Overlay,
    OverlayObject,
    Picture,
    Places,
    Update,
)

WIDTH, HEIGHT = 960, 540
PAINTS = {
    "white": (232, 234, 236),
    "black": (36, 34, 33),
    "red": (48, 44, 178),
    "blue": (158, 92, 38),
    "gray": (142, 140, 138),
    "green": (74, 118, 60),
}


@dataclass
class Mover:
    """One road user: a box that moves along a lane; x and y in pixels of its foot point, speed in pixels per second."""

    id: int
    label: str
    colour: str
    x: float
    y: float
    size: tuple[float, float]
    speed: float
    score: float
    age_s: float = 0.0

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels, cut to the picture."""
        w, h = self.size
        return (max(0.0, self.x - w / 2), self.y - h, min(WIDTH - 1.0, self.x + w / 2), self.y)

    def inside(self) -> bool:
        """Whether enough of it is in the picture."""
        return 0 <= self.x <= WIDTH


@dataclass
class Street:
    """One drawn camera."""

    name: str
    seed: int
    lit: float = 1.0
    pixelated: str = ""
    movers: list[Mover] = field(default_factory=list)
    index: int = 0
    next_id: int = 1
    tracks: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = np.random.default_rng(self.seed)
        self.ground = self._paint_ground()
        for _ in range(9):
            self._arrive(anywhere=True)
        if self.seed % 2 == 0:
            self._park()

    def _paint_ground(self) -> np.ndarray:
        picture = np.full((HEIGHT, WIDTH, 3), (186, 172, 158), np.uint8)
        shades = [(112, 124, 140), (134, 140, 148), (98, 108, 128), (150, 148, 144)]
        x = 0
        while x < WIDTH:
            wide, top = int(self.chance.integers(110, 220)), int(self.chance.integers(10, 90))
            cv2.rectangle(picture, (x, top), (x + wide, 220), shades[int(self.chance.integers(len(shades)))], -1)
            for wx in range(x + 14, x + wide - 18, 32):
                for wy in range(top + 16, 180, 38):
                    cv2.rectangle(picture, (wx, wy), (wx + 14, wy + 20), (88, 82, 74), -1)
            x += wide
        cv2.rectangle(picture, (0, 205), (WIDTH, 262), (158, 162, 166), -1)
        cv2.rectangle(picture, (0, 262), (WIDTH, 470), (86, 84, 82), -1)
        cv2.rectangle(picture, (0, 470), (WIDTH, HEIGHT), (150, 154, 158), -1)
        for x in range(0, WIDTH, 74):
            cv2.rectangle(picture, (x, 362), (x + 36, 367), (214, 216, 218), -1)
        noise = self.chance.normal(0, 4, picture.shape)
        return np.clip(picture * self.lit + noise, 0, 255).astype(np.uint8)

    def _arrive(self, anywhere: bool = False) -> None:
        label, size, lane, pace = [
            ("car", (128, 58), None, 190),
            ("car", (118, 54), None, 230),
            ("truck", (196, 104), None, 140),
            ("bus", (250, 118), None, 130),
            ("van", (146, 78), None, 180),
            ("pedestrian", (24, 66), 250, 34),
            ("pedestrian", (28, 84), 520, 40),
            ("bicycle", (56, 74), 462, 92),
        ][int(self.chance.integers(8))]
        forward = bool(self.chance.integers(2))
        y = float(lane) if lane is not None else (448.0 if forward else 338.0)
        if lane is not None:
            y += float(self.chance.normal(0, 4))
        speed = pace * float(self.chance.uniform(0.85, 1.15)) * (1 if forward else -1)
        x = float(self.chance.uniform(0, WIDTH)) if anywhere else (-20.0 if forward else WIDTH + 20.0)
        colour = list(PAINTS)[int(self.chance.integers(len(PAINTS)))]
        for other in self.movers:
            if abs(other.y - y) < 30 and abs(other.x - x) < 250:
                return
        self.movers.append(
            Mover(self.next_id, label, colour, x, y, size, speed, float(self.chance.uniform(0.72, 0.97)))
        )
        self.next_id += 1
        self.tracks[label] += 1

    def _park(self) -> None:
        self.movers.append(Mover(self.next_id, "car", "white", 700.0, 292.0, (112, 48), 0.0, 0.81))
        self.next_id += 1

    def step(self, dt_s: float) -> dict[int, tuple[tuple[float, float], tuple[float, float]]]:
        """Move everything on; foot points before and after in shares, by id."""
        self.index += 1
        moves = {}
        for mover in self.movers:
            before = (mover.x / WIDTH, mover.y / HEIGHT)
            mover.x += mover.speed * dt_s
            mover.age_s += dt_s
            moves[mover.id] = (before, (mover.x / WIDTH, mover.y / HEIGHT))
        self.movers = [m for m in self.movers if -60 < m.x < WIDTH + 60]
        if len(self.movers) < 11 and self.chance.random() < dt_s * 1.6:
            self._arrive()
        return moves

    def paint(self) -> np.ndarray:
        """The picture of this moment (h, w, 3) BGR."""
        picture = self.ground.copy()
        for mover in sorted(self.movers, key=lambda m: m.y):
            if mover.label in ("pedestrian", "bicycle"):
                self._paint_person(picture, mover)
            else:
                self._paint_vehicle(picture, mover)
        if self.pixelated:
            small = cv2.resize(picture, (24, 14), interpolation=cv2.INTER_AREA)
            return np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST))
        return picture

    def _paint_person(self, picture: np.ndarray, mover: Mover) -> None:
        w, h = (round(side) for side in mover.size)
        x, foot = round(mover.x), round(mover.y)
        head = max(5, h // 9)
        cv2.ellipse(picture, (x, foot - h * 3 // 8), (w // 3, h // 3), 0, 0, 360, self._tone(mover), -1)
        cv2.circle(picture, (x, foot - h + head), head, (120, 150, 190), -1)
        if mover.label == "bicycle":
            for wheel in (x - w // 4, x + w // 4):
                cv2.circle(picture, (wheel, foot - 14), 13, (30, 30, 30), 2, cv2.LINE_AA)

    def _paint_vehicle(self, picture: np.ndarray, mover: Mover) -> None:
        w, h = (round(side) for side in mover.size)
        x, foot = round(mover.x), round(mover.y)
        left, right, top = x - w // 2, x + w // 2, foot - h
        tone = self._tone(mover)
        cv2.rectangle(picture, (left + 2, top + h // 3), (right - 2, foot - 6), tone, -1)
        cv2.rectangle(picture, (left + w // 6, top), (right - w // 6, top + h // 2), tone, -1)
        cv2.rectangle(picture, (left + w // 5, top + 5), (right - w // 5, top + h // 3), (92, 80, 70), -1)
        for wheel in (left + w // 5, right - w // 5):
            cv2.circle(picture, (wheel, foot - 7), max(6, h // 9), (24, 24, 24), -1, cv2.LINE_AA)

    def _tone(self, mover: Mover) -> tuple[int, ...]:
        return tuple(int(value * self.lit) for value in PAINTS[mover.colour])

    def objects(self) -> tuple[OverlayObject, ...]:
        """What an overlay of this moment says."""
        found = []
        for mover in self.movers:
            left, top, right, bottom = mover.box()
            if not mover.inside() or right - left < 8:
                continue
            box = (left / WIDTH, top / HEIGHT, right / WIDTH, min(1.0, bottom / HEIGHT))
            if mover.label == "pedestrian":
                known = {"upper_colour": (mover.colour, 0.78), "backpack": ("yes", 0.71), "sleeves": ("long", 0.83)}
            elif mover.label == "bicycle":
                known = {"upper_colour": (mover.colour, 0.74)}
            else:
                known = {"vehicle_colour": (mover.colour, 0.9)}
            held = mover.speed == 0.0
            track = mover.id if mover.age_s > 0.25 else -1
            found.append(OverlayObject(track, mover.label, mover.score, box, held, mover.age_s, known))
        return tuple(found)


class StreetPorts:
    """Ports over drawn streets; ``start`` runs them in real time, ``step`` moves them once."""

    def __init__(self, streets: Sequence[Street], *, fps: float = 12.0) -> None:
        self.fps = fps
        self.streets = {street.name: street for street in streets}
        self.clock = SystemClock()
        self.states: dict[str, tuple[str, str]] = {}
        self._lines: dict[str, list[Line]] = {street.name: [] for street in streets}
        self._events: deque[Event] = deque(maxlen=500)
        self._counts: dict[tuple[str, str, str, int], Counter[str]] = defaultdict(Counter)
        self._listeners: dict[int, tuple[Callable[[Update], None], frozenset[str]]] = {}
        self._next = 0
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="streets", daemon=True)

    def start(self) -> None:
        """Run in real time until ``stop``."""
        self._thread.start()

    def stop(self) -> None:
        """End and wait for it."""
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(1 / self.fps):
            self.step(1 / self.fps)

    def step(self, dt_s: float) -> None:
        """One frame of every camera."""
        with self._lock:
            for street in self.streets.values():
                if self.states.get(street.name, ("running", ""))[0] == "running":
                    self._frame(street, dt_s)

    def _frame(self, street: Street, dt_s: float) -> None:
        moves = street.step(dt_s)
        now_ns = self.clock.now_ns()
        overlay = Overlay(street.name, street.index, now_ns, street.objects())
        looked_at = any(street.name in wanted for _, wanted in self._listeners.values())
        if looked_at:
            jpeg = cv2.imencode(".jpg", street.paint(), [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
            self._tell(overlay)
            whole = (bool(street.pixelated), street.pixelated)
            self._tell(Picture(street.name, street.index, now_ns, WIDTH, HEIGHT, jpeg, *whole))
        for line in self._lines[street.name]:
            self._count(street, line, moves, now_ns)
        if street.index % int(self.fps) == 0:
            self._tell(self._status(street))

    def _count(self, street: Street, line: Line, moves: dict, now_ns: int) -> None:
        labels = {mover.id: mover.label for mover in street.movers}
        start, end = np.array(line.start), np.array(line.end)
        for track, (before, after) in moves.items():
            if track not in labels:
                continue
            a, b = np.array([before]), np.array([after])
            if not segments_cross(a, b, start, end)[0]:
                continue
            direction = "forward" if side_of_line(b, start, end)[0] > 0 else "backward"
            self.cross(street.name, line.name, direction, track, labels[track], now_ns)

    def cross(self, camera: str, line: str, direction: str, track: int, label: str, now_ns: int) -> None:
        """A crossing happened."""
        event = LineCrossed(camera, now_ns, line, direction, track, label, 0.9)
        with self._lock:
            self._events.append(event)
            for minutes in (1, 15):
                window = minutes * 60_000_000_000
                self._counts[(camera, line, direction, now_ns // window * window), minutes][label] += 1
        self._tell(event)

    def set_state(self, camera: str, state: str, reason: str = "") -> None:
        """Make a camera lost, failed, ended or running again."""
        with self._lock:
            self.states[camera] = (state, reason)
        if state in ("lost", "ended"):
            event = SourceChanged(camera, self.clock.now_ns(), state, reason)
            self._events.append(event)
            self._tell(event)
        self._tell(self._status(self.streets[camera]))

    def _tell(self, update: Update) -> None:
        for listener, wanted in list(self._listeners.values()):
            if isinstance(update, (Picture, Overlay)) and update.camera not in wanted:
                continue
            listener(update)

    def _status(self, street: Street) -> CameraStatus:
        state, reason = self.states.get(street.name, ("running", ""))
        notes = (f"Pictures are pixelated as a whole: {street.pixelated}.",) if street.pixelated else ()
        return CameraStatus(
            name=street.name,
            source=f"rtsp://***@10.0.4.{street.seed}/stream1",
            kind="live",
            state=state,
            reason=reason,
            width=WIDTH,
            height=HEIGHT,
            source_fps=25.0,
            analysed_fps=self.fps if state == "running" else 0.0,
            age_s=0.12 + 0.01 * (street.index % 7) if state == "running" else 14.0,
            frames_read=street.index * 2,
            frames_analysed=street.index,
            dropped={"newer frame": street.index - street.index // 9, "picture unchanged": street.index // 9},
            reconnects=street.seed % 3,
            ms={"decode": 3.4, "detect": 21.7, "track": 0.21, "describe": 2.6, "redact": 1.9, "encode": 1.1},
            tracks=dict(street.tracks),
            progress=None,
            detector="street",
            notes=notes,
        )

    def cameras(self) -> Sequence[CameraStatus]:
        """All cameras."""
        return [self._status(street) for street in self.streets.values()]

    def lines(self, camera: str) -> Sequence[Line]:
        """Lines of a camera."""
        return list(self._lines[camera])

    def set_lines(self, camera: str, lines: Sequence[Line]) -> None:
        """Replace the lines; counts of lines that went away are forgotten."""
        with self._lock:
            before = set(self._lines[camera])
            self._lines[camera] = list(lines)
            gone = {line.name for line in before - set(lines)}
            for key in [key for key in self._counts if key[0][0] == camera and key[0][1] in gone]:
                del self._counts[key]

    def counts(self, camera: str, minutes: int) -> Sequence[CountRow]:
        """Counts of a camera."""
        if camera not in self.streets:
            raise KeyError(camera)
        with self._lock:
            rows = [
                CountRow(camera, key[1], key[2], key[3], minutes, dict(classes))
                for (key, window), classes in self._counts.items()
                if key[0] == camera and window == minutes
            ]
        return sorted(rows, key=lambda row: row.start_ns)

    def events(self, limit: int) -> Sequence[Event]:
        """The newest events."""
        return list(self._events)[-limit:]

    def plan_map(self) -> Mapping | None:
        """No map; ``map_ports`` has one."""
        return None

    def mounts(self) -> Mapping[str, Mount]:
        """No places."""
        return {}

    def places(self) -> Places:
        """No dots."""
        return Places(0, np.zeros((0, 2)), np.zeros(0, np.int16))

    def scores(self) -> Mapping[str, CameraScores]:
        """No truth."""
        return {}

    def subscribe(self, listener: Callable[[Update], None], pictures_of: Sequence[str]) -> Callable[[], None]:
        """Register a listener."""
        with self._lock:
            self._next += 1
            number = self._next
            self._listeners[number] = (listener, frozenset(pictures_of))

        def end() -> None:
            with self._lock:
                self._listeners.pop(number, None)

        return end


def past_counts(ports: StreetPorts, camera: str, line: str, minutes: int = 24) -> None:
    """Crossings of the last minutes, so that a plot has something to show."""
    chance = np.random.default_rng(5)
    now_ns = ports.clock.now_ns()
    for back in range(minutes, 0, -1):
        for label, rate in (("car", 5), ("truck", 1), ("bicycle", 2), ("pedestrian", 1.5)):
            for _ in range(int(chance.poisson(rate))):
                direction = "forward" if chance.random() < 0.6 else "backward"
                ports.cross(
                    camera, line, direction, int(chance.integers(1, 300)), label, now_ns - back * 60_000_000_000
                )


def four_streets() -> StreetPorts:
    """Four cameras, one at dusk."""
    names = ["station-north", "market-street", "harbour-bridge", "school-lane"]
    streets = [Street(name, seed=i + 2) for i, name in enumerate(names)]
    streets[3] = replace(streets[3], lit=0.6, movers=[], tracks=Counter(), next_id=1)
    return StreetPorts(streets)
