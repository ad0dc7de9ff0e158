"""Loading of what other packages offer by entry point: sources, detectors, rules, sinks."""

import importlib.metadata
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

log = logging.getLogger(__name__)

Group = Literal["sightline.sources", "sightline.detectors", "sightline.rules", "sightline.sinks"]
GROUPS: Final[tuple[Group, ...]] = ("sightline.sources", "sightline.detectors", "sightline.rules", "sightline.sinks")
MOST: Final = 100  # of one group: more is a broken environment, and each is imported at start

# Runs the work and gives back what it raised (``pipeline.supervisor.attempt``, the one place that catches everything).
Attempt = Callable[[Callable[[], None]], Exception | None]


@dataclass(frozen=True, slots=True)
class Refused:
    """A plug-in that is not used, and why in one sentence."""

    group: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plugins:
    """What was found of one group: name -> the object that the entry point names."""

    loaded: Mapping[str, Callable[..., Any]]
    refused: tuple[Refused, ...] = ()


def load_plugins(
    group: Group,
    built_in: Collection[str],
    attempt: Attempt,
    found: Iterable[importlib.metadata.EntryPoint] | None = None,
) -> Plugins:
    """Import every entry point of the group, at start and never later.

    Refused, each with its name and a reason in the log, and without harm to the others: one that cannot be imported,
    is not callable, carries the name of something built in, or shares its name with another package's (then both are:
    which of them would win depended on the order of a folder).
    """
    entries = sorted(
        importlib.metadata.entry_points(group=group) if found is None else found,
        key=lambda entry: (entry.name, entry.value),
    )
    loaded: dict[str, Callable[..., Any]] = {}
    refused: list[Refused] = []
    names = [entry.name for entry in entries]
    for position, entry in enumerate(entries):
        reason = ""
        if position >= MOST:
            reason = f"expected at most {MOST} plug-ins, got {len(entries)}"
        elif entry.name in built_in:
            reason = "expected a name that is not built in"
        elif names.count(entry.name) > 1:
            reason = "expected one package of this name, got several"
        else:
            reason = _load(entry, loaded, attempt)
        if reason:
            refused.append(Refused(group, entry.name, reason))
            log.warning("plug-in %s of %s (%s) is not used: %s", entry.name, group, entry.value, reason)
    return Plugins(loaded, tuple(refused))


def _load(entry: importlib.metadata.EntryPoint, loaded: dict[str, Callable[..., Any]], attempt: Attempt) -> str:
    got: list[Any] = []
    fault = attempt(lambda: got.append(entry.load()))
    if fault is not None:
        return f"expected {entry.value} to be imported, got {type(fault).__name__}: {str(fault)[:200]}"
    if not callable(got[0]):
        return f"expected a callable, got {type(got[0]).__name__}"
    loaded[entry.name] = got[0]
    return ""
