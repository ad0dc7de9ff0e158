"""The rules of a camera as a site's file says them: one model per type of rule, its limits by class and time."""

from collections.abc import Collection, Sequence
from datetime import time
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from sightline.config.settings import Section
from sightline.core.errors import BadConfig
from sightline.core.vocabulary import FINER

ClassName = Literal[
    "car", "van", "truck", "bus", "motorcycle", "bicycle", "scooter", "pedestrian", "vehicle", "rider", "unknown"
]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Direction = Literal["forward", "backward"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(min_length=1, max_length=80)]

EVERY_DAY: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_RULES: Final = 64  # of one camera; each costs tens of microseconds per sample


class Hours(Section):
    """When a rule holds, in the site's time zone; a span that ends before it starts goes over midnight."""

    days: tuple[Day, ...] = Field(EVERY_DAY, min_length=1, description="Days on which a span begins.")
    start: time = Field(time(0, 0), description="From this time of day.", alias="from")
    end: time = Field(time(0, 0), description="To this time of day; equal to the start = the whole day.", alias="to")


class _Rule(Section):
    """What all rules have."""

    name: Name = Field(description="Name of the rule, different from the camera's others; events carry it.")
    classes: tuple[ClassName, ...] = Field(
        (), description="Only road users of these classes, and of finer ones; none = all that the rule is about."
    )
    hours: tuple[Hours, ...] = Field((), max_length=16, description="Only then; none = always.")

    def allowed(self, about: Collection[str]) -> frozenset[str]:
        """The classes the rule looks at, of those it is about; a coarse one allows its finer ones."""
        named: set[str] = set(self.classes)
        named |= {fine for name in self.classes for fine in FINER.get(name, ())}
        return frozenset(about) & named if self.classes else frozenset(about)


class LineRule(_Rule):
    """Tells every crossing of a line."""

    type: Literal["line"]
    line: Name = Field(description="The line.")
    direction: Literal["both", "forward", "backward"] = Field("both", description="Which crossings are told.")


class Gate(Section):
    """A line gone over in one direction."""

    line: Name = Field(description="The line.")
    direction: Direction = Field(description="The direction over it.")


class TurningRule(_Rule):
    """Tells who came in over one line and went out over another."""

    type: Literal["turning"]
    entries: tuple[Gate, ...] = Field(min_length=1, max_length=16, description="Ways in.")
    exits: tuple[Gate, ...] = Field(min_length=1, max_length=16, description="Ways out.")
    longest_s: float = Field(120.0, ge=1, le=3600, description="Longest time between way in and way out, seconds.")


class OccupancyRule(_Rule):
    """Tells who enters and leaves a zone, and how many of each class are in it."""

    type: Literal["occupancy"]
    zone: Name = Field(description="The zone.")
    each: bool = Field(True, description="Tell each that enters or leaves.")
    every_s: float = Field(10.0, ge=1, le=3600, description="Least time between two numbers, seconds.")
    min_s: float = Field(0.5, ge=0, le=60, description="Who is in, or out, for less has not changed, seconds.")


class DwellRule(_Rule):
    """Tells who stays long in a zone; persons as a group only."""

    type: Literal["dwell"]
    zone: Name = Field(description="The zone.")
    seconds: float = Field(60.0, ge=1, le=86_400, description="From this stay on, seconds.")
    gap_s: float = Field(
        3.0,
        ge=0,
        le=60,
        description="Who is seen out of the zone for less has stayed, seconds; who is hidden has until it is gone.",
    )


class QueueRule(_Rule):
    """Tells how long the queue in a lane is."""

    type: Literal["queue"]
    zone: Name = Field(description="The lane, a zone.")
    vehicles: int = Field(3, ge=1, le=200, description="So many standing or creeping vehicles are a queue.")
    creep_mps: float = Field(1.5, gt=0, le=10, description="As fast as a queue creeps, m/s (needs a calibration).")
    creep_boxes: float = Field(
        0.35, gt=0, le=5, description="The same without a calibration, own box sizes per second."
    )
    min_s: float = Field(3.0, ge=0, le=600, description="It must last so long, and be gone so long, seconds.")
    every_s: float = Field(10.0, ge=1, le=3600, description="Least time between two changes told, seconds.")
    parked_s: float = Field(300.0, ge=10, le=86_400, description="Who never drove and stands longer parks, seconds.")


class StoppedRule(_Rule):
    """Tells a vehicle that drove and then stands."""

    type: Literal["stopped"]
    zone: Name | None = Field(None, description="The zone; none = anywhere in the picture.")
    seconds: float = Field(30.0, ge=2, le=86_400, description="From this stand on, seconds.")


class WrongWayRule(_Rule):
    """Tells who goes against the direction of a zone."""

    type: Literal["wrong_way"]
    zone: Name = Field(description="The zone.")
    arrow: tuple[tuple[Share, Share], tuple[Share, Share]] | None = Field(
        None, description="The right direction, from one point of the picture to another; none = learnt from traffic."
    )
    angle_deg: float = Field(
        60.0, ge=5, le=85, description="So far from the exact opposite is still wrong, degrees; more is across."
    )
    boxes: float = Field(1.5, ge=0.5, le=20, description="From this way gone wrong on, own box sizes.")
    min_s: float = Field(1.0, ge=0.2, le=60, description="And this time, seconds.")
    learn_tracks: int = Field(50, ge=5, le=10_000, description="So many must agree before a direction is learnt.")


class CarriagewayRule(_Rule):
    """Tells persons on foot on the carriageway."""

    type: Literal["carriageway"]
    zone: Name = Field(description="The carriageway, a zone without its crossings.")
    min_s: float = Field(1.0, ge=0, le=60, description="From this time on, seconds.")
    gap_s: float = Field(3.0, ge=0, le=60, description="Nobody there for so long ends it, seconds.")


class NearMissRule(_Rule):
    """Tells when road users of different kinds nearly meet."""

    type: Literal["near_miss"]
    zone: Name | None = Field(None, description="The zone; none = anywhere in the picture.")
    ttc_s: float = Field(1.5, gt=0, le=10, description="Time to collision from which on it is told, seconds.")
    pet_s: float = Field(1.0, ge=0, le=10, description="Post-encroachment time likewise, seconds; 0 = not told.")
    min_mps: float = Field(2.0, ge=0.2, le=50, description="The faster one goes at least so fast, m/s.")


class CrowdingRule(_Rule):
    """Tells when many persons are in a zone."""

    type: Literal["crowding"]
    zone: Name = Field(description="The zone.")
    persons: int = Field(10, ge=2, le=1000, description="So many are a crowd.")
    min_s: float = Field(5.0, ge=0, le=600, description="It must last so long, and be gone so long, seconds.")


class SpeedRule(_Rule):
    """Tells speeds over a line or through a zone; needs a ground calibration."""

    type: Literal["speed"]
    line: Name | None = Field(None, description="The line, or else a zone.")
    zone: Name | None = Field(None, description="The zone, or else a line.")
    limit_mps: float | None = Field(None, gt=0, le=100, description="The limit, m/s; none = no limit.")
    over_only: bool = Field(False, description="Tell only who is over the limit by more than the error.")

    @model_validator(mode="after")
    def _one_place(self) -> "SpeedRule":
        if (self.line is None) == (self.zone is None):
            raise ValueError("expected either a line or a zone")
        if self.over_only and self.limit_mps is None:
            raise ValueError("expected a limit_mps with over_only")
        return self


class PluginRule(_Rule):
    """A rule that a plug-in brings."""

    type: Literal["plugin"]
    plugin: Name = Field(description="Name the plug-in registered its rule under.")
    zone: Name | None = Field(None, description="A zone it may use.")
    line: Name | None = Field(None, description="A line it may use.")
    options: dict[str, str | int | float | bool] = Field(
        default_factory=dict, max_length=64, description="What the plug-in wants to know."
    )


RuleConfig = Annotated[
    LineRule
    | TurningRule
    | OccupancyRule
    | DwellRule
    | QueueRule
    | StoppedRule
    | WrongWayRule
    | CarriagewayRule
    | NearMissRule
    | CrowdingRule
    | SpeedRule
    | PluginRule,
    Field(discriminator="type"),
]


class Length(Section):
    """A distance on the ground between two points of the picture."""

    start: tuple[Share, Share] = Field(description="One end, shares of the picture.")
    end: tuple[Share, Share] = Field(description="The other end, shares of the picture.")
    metres: float = Field(gt=0.1, le=1000, description="How far apart they are, metres.")


class GroundConfig(Section):
    """How metres are known in a camera's picture: clicked distances, clicked points, or the sizes of road users."""

    lengths: tuple[Length, ...] = Field((), max_length=64, description="Known distances; two or more, in all depths.")
    points: tuple[tuple[Share, Share, float, float], ...] = Field(
        (), max_length=64, description="Or known points: x, y in shares of the picture and in metres; four or more."
    )
    horizon: float | None = Field(
        None, ge=-5.0, le=1.0, description="Height of the horizon in the picture, share from its top; above it < 0."
    )
    field_deg: float | None = Field(None, ge=10, le=150, description="Horizontal field of view, degrees, where known.")
    automatic: bool = Field(True, description="Without distances and points: from the typical sizes of road users.")

    @model_validator(mode="after")
    def _enough(self) -> "GroundConfig":
        if self.lengths and self.points:
            raise ValueError("expected either lengths or points, not both")
        if len(self.lengths) == 1 or 0 < len(self.points) < 4:
            raise ValueError("expected at least 2 lengths or 4 points")
        return self


def check_rules(camera: str, rules: Sequence[RuleConfig], lines: Collection[str], zones: Collection[str]) -> None:
    """BadConfig where two rules of a camera share a name, or one names a line or zone that the camera has not."""
    if len(rules) > MOST_RULES:
        raise BadConfig(f"cameras.{camera}.rules", len(rules), f"at most {MOST_RULES} rules")
    seen: set[str] = set()
    for rule in rules:
        key = f"cameras.{camera}.rules.{rule.name}"
        if rule.name in seen:
            raise BadConfig(key, rule.name, "a different name for each rule")
        seen.add(rule.name)
        for name in lines_of(rule):
            _known(f"{key}.line", name, lines, "line")
        for name in zones_of(rule):
            _known(f"{key}.zone", name, zones, "zone")


def lines_of(rule: RuleConfig) -> tuple[str, ...]:
    """Names of the lines that a rule refers to, in its order."""
    if isinstance(rule, TurningRule):
        return tuple(gate.line for gate in (*rule.entries, *rule.exits))
    named = rule.line if isinstance(rule, LineRule | SpeedRule | PluginRule) else None
    return () if named is None else (named,)


def zones_of(rule: RuleConfig) -> tuple[str, ...]:
    """Names of the zones that a rule refers to."""
    named = None if isinstance(rule, LineRule | TurningRule) else rule.zone
    return () if named is None else (named,)


def _known(key: str, name: str, known: Collection[str], kind: str) -> None:
    if name in known:
        return
    near = get_close_matches(name, known, n=1, cutoff=0.0)
    hint = f"a {kind} of this camera (nearest: {near[0]!r})" if near else f"a {kind} of this camera, which has none"
    raise BadConfig(key, name, hint)
