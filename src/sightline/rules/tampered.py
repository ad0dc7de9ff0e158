"""A camera that was covered, blurred, turned, has gone dark or froze: measures of its picture in, events out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from sightline.config.sources import TamperOptions
from sightline.core.events import CameraTampered
from sightline.core.health import PictureHealth

Kind = Literal["covered", "blurred", "turned", "dark", "frozen"]

_GAP_SHARE: Final = 0.2  # so much of the hold may be without the sign: lightning lights up a cover too
_LONGEST_GAP_NS: Final = 30_000_000_000  # without any picture: what was going on is not known, holds start anew
_SURE: Final = 0.99  # of what leaves no doubt, and the most that is ever told
_LIGHT_NS: Final = 60_000_000_000  # how far back the light is remembered, to tell a lens cap from a dusk
_FALL: Final = 0.3  # of the light that is left a minute later: no dusk is so fast
_MOVED: Final = 0.8  # of the share that is asked for where the picture has merely changed
_BRIGHT: Final = 0.12  # brightness from which a picture was lit


@dataclass(slots=True)
class _Watch:
    """One kind of tampering: since when its sign is there, how strong, and since when it is not."""

    since_ns: int | None = None
    seen_ns: int = 0  # within the hold, with the sign
    strength: float = 0.0  # sum over the looks
    looks: int = 0
    absent_ns: int | None = None
    going: bool = False


class Tampered:
    """One camera's picture health in, begun and ended events out; equal input gives equal events, live or replayed.

    A sign must be there for most of a hold (``TamperOptions``) and away for ``clear_s``. Of several, the cause wins:
    dark before covered before frozen before turned before blurred. Confidence: how far the signs were past their bar
    on average, 0.5 to 0.99.
    """

    def __init__(self, camera: str, options: TamperOptions | None = None) -> None:
        self._camera = camera
        self._options = options or TamperOptions()
        self._watches: dict[Kind, _Watch] = {kind: _Watch() for kind in _SIGNS}
        self._last_ns: int | None = None
        self._light: list[tuple[int, float]] = []  # (time, brightness), a minute

    @property
    def going(self) -> tuple[Kind, ...]:
        """What has begun and not ended."""
        return tuple(kind for kind, watch in self._watches.items() if watch.going)

    def note(self, time_ns: int, health: PictureHealth) -> list[CameraTampered]:
        """One look at the picture; times must not go back (an earlier one is ignored)."""
        if self._last_ns is not None and time_ns <= self._last_ns:
            return []
        step_ns = 0 if self._last_ns is None else time_ns - self._last_ns
        self._last_ns = time_ns
        if step_ns > _LONGEST_GAP_NS:
            for watch in self._watches.values():
                watch.since_ns, watch.absent_ns = None, None
            self._light.clear()
        fell = self._note_light(time_ns, health.brightness)
        events: list[CameraTampered] = []
        taken = False
        for kind, sign in _SIGNS.items():
            strength = 0.0 if taken else sign(health, self._options, fell)
            # What another cause explains neither begins nor ends.
            if not taken or not self._watches[kind].going:
                events += self._weigh(kind, time_ns, step_ns, strength)
            taken = taken or strength >= 0.5
        return events

    def _note_light(self, time_ns: int, brightness: float) -> bool:
        """Whether it got dark faster than any dusk; stays so while it is dark."""
        if self._watches["covered"].since_ns is not None and brightness < self._options.dark:
            return True
        self._light = [one for one in self._light if time_ns - one[0] <= _LIGHT_NS] + [(time_ns, brightness)]
        lit = max(one[1] for one in self._light)
        return lit > _BRIGHT and brightness < _FALL * lit

    def _weigh(self, kind: Kind, time_ns: int, step_ns: int, strength: float) -> list[CameraTampered]:
        watch, options = self._watches[kind], self._options
        present = strength >= 0.5
        if watch.going:
            watch.absent_ns = None if present else watch.absent_ns or time_ns
            if watch.absent_ns is None or time_ns - watch.absent_ns < options.clear_s * 1e9:
                return []
            confidence = _confidence(watch)
            self._watches[kind] = _Watch()
            return [CameraTampered(self._camera, time_ns, kind, "ended", confidence)]
        since_ns = watch.since_ns
        if since_ns is None:
            if not present:
                return []
            watch, since_ns, step_ns = _Watch(time_ns), time_ns, 0
            self._watches[kind] = watch
        held_ns = time_ns - since_ns
        if present:
            watch.seen_ns += step_ns
            watch.strength += strength
            watch.looks += 1
        hold_ns = 1e9 * _hold_s(kind, options)
        if held_ns - watch.seen_ns > _GAP_SHARE * hold_ns:
            self._watches[kind] = _Watch()
            return []
        if held_ns < hold_ns or not present:
            return []
        watch.going = True
        return [CameraTampered(self._camera, time_ns, kind, "began", _confidence(watch))]


def _hold_s(kind: Kind, options: TamperOptions) -> float:
    if kind == "frozen":
        return 0.0  # the measure itself counts the seconds
    return options.slow_hold_s if kind in ("blurred", "dark") else options.hold_s


def _confidence(watch: _Watch) -> float:
    return min(_SURE, max(0.5, watch.strength / max(1, watch.looks)))


def _past(value: float, bar: float, sure: float) -> float:
    """0.5 at the bar, 1 where it is sure, less than 0.5 on the other side of the bar."""
    return min(1.0, max(0.0, 0.5 + 0.5 * (value - bar) / (sure - bar)))


def _frozen(health: PictureHealth, options: TamperOptions, fell: bool) -> float:
    return _SURE if health.frozen_s >= options.frozen_s else 0.0


def _dark(health: PictureHealth, options: TamperOptions, fell: bool) -> float:
    return 0.0 if fell else _past(health.brightness, options.dark, 0.0 if options.dark > 0 else -1.0)


def _covered(health: PictureHealth, options: TamperOptions, fell: bool) -> float:
    if fell and health.brightness < options.dark:  # a cap: too dark for any structure to be compared
        return _SURE
    return 0.0 if health.moved else _past(health.changed_share, options.changed_share, 1.0 + 1e-9)


def _turned(health: PictureHealth, options: TamperOptions, fell: bool) -> float:
    # That the new view is steady and sharp says more than its share; what looks alike after a turn is chance.
    return _past(health.changed_share, _MOVED * options.changed_share, 1.0 + 1e-9) if health.moved else 0.0


def _blurred(health: PictureHealth, options: TamperOptions, fell: bool) -> float:
    return _past(health.sharpness, options.sharpness, 0.0)


_SIGNS: Final[Mapping[Kind, Callable[[PictureHealth, TamperOptions, bool], float]]] = MappingProxyType(
    {"dark": _dark, "covered": _covered, "frozen": _frozen, "turned": _turned, "blurred": _blurred}
)
