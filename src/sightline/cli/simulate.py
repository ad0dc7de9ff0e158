"""``sightline simulate``: a made-up district with truth on disk: boxes, clips, or only tracks with faults."""

from contextlib import ExitStack, closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.broadcast import broadcast, plan_of
from sightline.cli.terminal import answer_json, progress, say
from sightline.core.errors import BadConfig
from sightline.core.wording import number_of
from sightline.formats.district import make_room
from sightline.simulate.baselines import too_easy
from sightline.simulate.district import district
from sightline.simulate.faults import Faults
from sightline.simulate.flow import Traffic
from sightline.simulate.live import Ask
from sightline.simulate.mounting import lines_for
from sightline.simulate.painter import Painter
from sightline.simulate.record import Moving, Notify, Paints, Scene, record
from sightline.simulate.record_tracks import record_tracks
from sightline.simulate.rtsp import Line
from sightline.simulate.sumo import Sumo
from sightline.simulate.weather import WEATHERS, Weather

# Frames per second where none are asked for: enough for clips to look alive, for truth to follow every road user, and
# what a tracker of many cameras keeps.
FPS = {"video": 10.0, "truth": 5.0, "tracks": 2.0}
# The day of every district, a Wednesday of a year to come: nobody takes it for a recording.
DAY = datetime(2031, 1, 8, tzinfo=UTC)
CLEAR = "clear"
_FAULT = Faults()
_FIRST_JUDGED_S = 600.0  # in shorter runs there are too few to be mistaken for


def simulate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
    cameras: Annotated[int, typer.Option(min=1, max=20_000, help="Number of cameras.")] = 6,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="How long. Default: 60; --live: until Ctrl-C.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=(1 << 31) - 1, help="Another seed, another district.")] = 1,
    video: Annotated[bool, typer.Option("--video", help="Also paint and encode a clip per camera.")] = False,
    tracks: Annotated[bool, typer.Option("--tracks", help="Only tracks with faults, for hand-over.")] = False,
    live: Annotated[bool, typer.Option("--live", help="On air as RTSP cameras on this machine, in real time.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the live streams; 0 = any free one.")] = 0,
    jitter_ms: Annotated[float, typer.Option(help="Mean random delay of live pictures, milliseconds.")] = 0.0,
    loss: Annotated[float, typer.Option(help="Share of packets of the live streams that are lost.")] = 0.0,
    fps: Annotated[float | None, typer.Option(help="Frames per second. Default: 10 video, 5 truth, 2 tracks.")] = None,
    size: Annotated[str, typer.Option(help="Size of the pictures, WIDTHxHEIGHT.")] = "640x360",
    hour: Annotated[float, typer.Option(min=0, max=23.999, help="Hour of the day at the start.")] = 8.0,
    weather: Annotated[
        str, typer.Option(help="Weather of the pictures: clear, low sun, overcast, rain, night.")
    ] = CLEAR,
    users: Annotated[int | None, typer.Option(min=0, help="Moving road users. Default: what the size gives.")] = None,
    sumo: Annotated[Path | None, typer.Option(help="Folder of the SUMO programs: they make the traffic.")] = None,
    missed: Annotated[float, typer.Option(help="Share of tracks that are missing.")] = _FAULT.missed,
    split: Annotated[float, typer.Option(help="Share of tracks cut in two.")] = _FAULT.split,
    switched: Annotated[float, typer.Option(help="Share of tracks that exchange identities.")] = _FAULT.switched,
    jitter: Annotated[float, typer.Option(help="Spread of box edges, in heights of the box.")] = _FAULT.jitter,
    false: Annotated[float, typer.Option(help="False tracks, as share of the true ones.")] = _FAULT.false,
    wrong_class: Annotated[float, typer.Option(help="Share of tracks of a wrong class.")] = _FAULT.wrong_class,
    clock_s: Annotated[float, typer.Option(help="Clocks are wrong by up to so many seconds.")] = _FAULT.clock_s,
    drift_ppm: Annotated[float, typer.Option(help="And drift by up to so many millionths.")] = _FAULT.drift_ppm,
    noise: Annotated[float, typer.Option(help="Noise of descriptors, beside their length of 1.")] = _FAULT.noise,
    cast: Annotated[float, typer.Option(help="Colour cast of cameras in descriptors.")] = _FAULT.cast,
    own: Annotated[float, typer.Option(help="What is a mover's own beside its look-alikes.")] = _FAULT.own,
    positions: Annotated[bool, typer.Option("--positions", help="Tell where cameras stand, with --tracks.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a district made earlier.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="What was made as one JSON object on stdout.")] = False,
) -> None:
    """A made-up district with known truth: streets, traffic, cameras; the same seed gives the same bytes."""
    if video + tracks + live > 1:
        raise BadConfig("--video, --tracks, --live", "more than one", "one of them")
    light = _weather(weather)
    if live:
        if sumo is not None:
            raise BadConfig("--sumo", str(sumo), "the built-in traffic with --live: SUMO computes its whole run first")
        ask = Ask(
            seed=seed, cameras=cameras, size=_size(size), fps=10.0 if fps is None else fps, hour=hour, users=users,
            weather=weather, port=port, line=Line(jitter_ms / 1000, loss),
        )  # fmt: skip
        broadcast(folder, ask, plan_of(ask, _start_ns(hour)), seconds, force=force)
        return
    seconds = 60.0 if seconds is None else seconds
    faults = Faults(missed, split, switched, jitter, false, wrong_class, clock_s, drift_ppm, noise, cast, own)
    kind = "video" if video else "tracks" if tracks else "truth"
    how = {"hour": hour, "users": users, "weather": weather if video else None, "sumo": sumo is not None}
    rate = FPS[kind] if fps is None else fps
    made = district(seed, cameras, size=_size(size), fps=rate)
    scene = Scene(
        layout=made.layout,
        cameras=made.cameras,
        lines=tuple(() if tracks else lines_for(made.layout, camera) for camera in made.cameras),
        seed=seed,
        seconds=seconds,
        fps=rate,
        start_ns=_start_ns(hour),
        settings=how | ({"faults": asdict(faults)} if tracks else {}),
    )
    make_room(folder, force=force)  # what was wrong with the options has been said by now
    said: dict[str, Any] = {}
    with _Bar() as notify, ExitStack() as stack:
        notify(0, 1, "warm-up")
        traffic = _traffic(scene, how, sumo, stack)
        if tracks:
            said = record_tracks(folder, scene, traffic, faults, notify, positions=positions)
        else:
            record(folder, scene, traffic, notify, _painters(scene, light, notify) if video else None)
    _report(folder, kind, scene, said, as_json=as_json)


def _traffic(scene: Scene, how: dict[str, Any], sumo: Path | None, stack: ExitStack) -> Moving:
    """The built-in traffic, or SUMO's on the same streets, which leaves with the stack."""
    hour, users = how["hour"], how["users"]
    if sumo is None:
        return Traffic(scene.layout, scene.seed, step_s=scene.step_s, hour=hour, users=users)
    wanted = {} if users is None else {"users": users}
    source = Sumo(scene.layout, scene.seed, seconds=scene.seconds, step_s=scene.step_s, folder=sumo, **wanted)
    return stack.enter_context(closing(source))


def _start_ns(hour: float) -> int:
    return round((DAY.timestamp() + hour * 3600) * 1000) * 1_000_000


def _weather(name: str) -> Weather:
    if name not in WEATHERS:
        raise BadConfig("weather", name, ", ".join(WEATHERS))
    return WEATHERS[name]


def _painters(scene: Scene, light: Weather, notify: Notify) -> list[Paints]:
    """A painter per camera."""
    made: list[Paints] = []
    for number, camera in enumerate(scene.cameras, start=1):
        made.append(Painter(scene.layout, camera, light, scene.seed))
        notify(number, len(scene.cameras), "streets")
    return made


def _report(folder: Path, kind: str, scene: Scene, said: dict[str, Any], *, as_json: bool) -> None:
    warnings = too_easy(said) if said else []
    if said:
        cameras, handovers = number_of(said["cameras"], "camera"), number_of(said["handovers"], "true hand-over")
        say(
            f"simple matching over {cameras} ({handovers}): by looks alone F1 {said['looks_f1']:.2f}, over camera "
            f"links without zones at best {said['links_f1']:.2f}"
        )
        for sentence in warnings:
            say(sentence)
        if warnings and scene.seconds < _FIRST_JUDGED_S:
            say(f"runs under {_FIRST_JUDGED_S:.0f} s are easier: there are fewer to be mistaken for")
        if warnings:
            say("the district is whole all the same; to make a harder one in its place, add --force")
    say(
        f"{number_of(len(scene.cameras), 'camera')}, {scene.seconds:g} s at {scene.fps:g} frames per second in {folder}"
    )
    if as_json:
        answer_json(
            {
                "folder": str(folder),
                "kind": kind,
                "seed": scene.seed,
                "cameras": len(scene.cameras),
                "seconds": scene.seconds,
                "fps": scene.fps,
                "frames": scene.frames,
                "baselines": said,
                "too_easy": warnings,
            }
        )


class _Bar:
    """The progress bar, as what the recording tells."""

    def __init__(self) -> None:
        self._bar = progress()
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Notify:
        self._bar.start()
        return self._tell

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _tell(self, done: int, total: int, what: str) -> None:
        if what not in self._tasks:
            for task in self._tasks.values():
                self._bar.remove_task(task)
            self._tasks = {what: self._bar.add_task(what, total=total)}
        self._bar.update(self._tasks[what], completed=done)


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.lower().partition("x")
    if not (cross and width.isdecimal() and height.isdecimal() and min(int(width), int(height)) >= 64):
        raise BadConfig("size", text, "WIDTHxHEIGHT in pixels, 64 or more")
    return int(width), int(height)
