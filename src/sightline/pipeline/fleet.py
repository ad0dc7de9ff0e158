"""The cameras of a running service: brought to what a site's file says, touching only what changed."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sightline.config.site import CameraConfig
from sightline.core.errors import SightlineError
from sightline.pipeline.camera import CameraPlan
from sightline.pipeline.worker import Worker
from sightline.rules.ruleset import Drawing

PlanOf = Callable[[str, CameraConfig], CameraPlan]  # may raise SightlineError: a secret that is not there, for one

# A camera whose entry differs in one of these is read anew; anything else changes while it runs.
_READ_ANEW = ("source", "sub", "choice", "from_api", "fps", "masks", "position", "suggest_line", "tamper")
_RULED_ANEW = ("lines", "zones", "rules", "ground")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new file changed: names of cameras."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    read_anew: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()  # rules, lines, zones, ground, purpose: while running
    paused: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()
    untouched: tuple[str, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)  # name -> why it was left as it was

    def sentence(self) -> str:
        """For people: what happened, cameras by name."""
        words = {
            "added": self.added,
            "removed": self.removed,
            "read anew": self.read_anew,
            "altered": self.altered,
            "paused": self.paused,
            "resumed": self.resumed,
        }
        said = [f"{what}: {', '.join(names)}" for what, names in words.items() if names]
        said += [f"{name} left as it was: {why}" for name, why in self.faults.items()]
        return "; ".join(said) or "nothing changed"


class Fleet:
    """Cameras of one worker by the entries of the file; calls come from any thread, one at a time is served."""

    def __init__(self, worker: Worker, plan_of: PlanOf) -> None:
        self._worker = worker
        self._plan_of = plan_of
        self._lock = threading.Lock()
        self._now: dict[str, CameraConfig] = {}

    def cameras(self) -> dict[str, CameraConfig]:
        """The entries in force."""
        with self._lock:
            return dict(self._now)

    def apply(self, wanted: Mapping[str, CameraConfig]) -> Changes:
        """Bring the cameras to the wanted entries; a camera whose plan cannot be made stays as it was."""
        names: dict[str, list[str]] = {key: [] for key in Changes.__dataclass_fields__ if key != "faults"}
        faults: dict[str, str] = {}
        with self._lock:
            for name in [name for name in self._now if name not in wanted]:
                self._worker.remove(name)
                del self._now[name]
                names["removed"].append(name)
            for name, config in wanted.items():
                before = self._now.get(name)
                try:
                    done = self._bring(name, before, config)
                except SightlineError as error:
                    faults[name] = str(error)
                    continue
                self._now[name] = config
                names[done].append(name)
        return Changes(**{key: tuple(value) for key, value in names.items()}, faults=faults)

    def _bring(self, name: str, before: CameraConfig | None, config: CameraConfig) -> str:
        worker = self._worker
        if before is None:
            worker.add(self._plan_of(name, config), paused=config.paused)
            return "added"
        if before == config:
            return "untouched"
        if any(getattr(before, key) != getattr(config, key) for key in _READ_ANEW):
            plan = self._plan_of(name, config)
            worker.replace(plan, paused=config.paused)
            return "read_anew"
        if any(getattr(before, key) != getattr(config, key) for key in _RULED_ANEW):
            worker.draw(name, self._plan_of(name, config).drawing or Drawing())
        if before.paused != config.paused:
            (worker.pause if config.paused else worker.resume)(name)
            return "paused" if config.paused else "resumed"
        return "altered"
