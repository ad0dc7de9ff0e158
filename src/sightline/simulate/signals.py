"""Fixed-time signals: what each head shows, and on which crossings people may step, at any time."""

from typing import Final

import numpy as np

from sightline.core.values import Bool
from sightline.simulate.layout import Arm, arms_of
from sightline.simulate.world import AMBER, F64, GREEN, I8, RED, Layout

CYCLE_S: Final = 64.0
AMBER_S: Final = 3.0
CLEARING: Final = 3  # red, but who waited before the line to turn left may still go; shown as RED
_CLEARING_S: Final = 3.0
ALL_RED_S: Final = 4.0
_STAGGER_S: Final = 6.0  # of two arms with one lane one begins, the other ends so much alone, for left turns
_WAVE_MPS: Final = 11.0  # green waves travel east and north with this speed
_SLOW_WALK_MPS: Final = 1.0  # who steps on a crossing at the last moment still gets across
_LEAST_WALK_S: Final = 5.0


class Signals:
    """Two phases for each junction: arms that lead straight into each other have green together.

    People cross an arm while the other phase has green; turning traffic gives way to them, and left turns give way to
    oncoming traffic.
    """

    def __init__(self, layout: Layout) -> None:
        arms = arms_of(layout.nodes, layout.streets)
        heads = {(head.street, head.node): k for k, head in enumerate(layout.heads)}
        self._begin = np.zeros(len(layout.heads))
        self._green = np.zeros(len(layout.heads))
        # By number of arm (2 * street + end): when walking begins and how long one may step on; never: length 0.
        self._walk = np.zeros((2 * len(layout.streets), 2))
        for node in np.flatnonzero(layout.signals).tolist():
            phase = _phases(arms[node])
            lanes = [
                max(layout.streets[arms[node][k].street].lanes for k in np.flatnonzero(phase == p)) for p in (0, 1)
            ]
            spare = CYCLE_S - 2 * (AMBER_S + ALL_RED_S)
            green = [spare * (one + 1) / (sum(lanes) + 2) for one in lanes]
            offset = float(layout.nodes[node].sum()) / _WAVE_MPS
            begin = [offset, offset + green[0] + AMBER_S + ALL_RED_S]
            for k, arm in enumerate(arms[node]):
                own, other = int(phase[k]), 1 - int(phase[k])
                head = heads[arm.street, node]
                pair = np.flatnonzero(phase == own).tolist()
                stagger = _STAGGER_S if len(pair) > 1 and lanes[own] == 1 else 0.0
                self._begin[head] = begin[own] + stagger * (k == pair[-1])
                self._green[head] = green[own] - stagger
                width = 2 * layout.streets[arm.street].kerb_m
                last = green[other] + AMBER_S + ALL_RED_S - 1.0 - width / _SLOW_WALK_MPS
                self._walk[2 * arm.street + arm.end] = begin[other] + 0.5, max(last, _LEAST_WALK_S)

    def states(self, time_s: float) -> I8:
        """RED, AMBER, GREEN or CLEARING for each head of the layout."""
        since = (time_s - self._begin) % CYCLE_S
        shown = np.full(len(since), RED, np.int8)
        shown[since < self._green + AMBER_S + _CLEARING_S] = CLEARING
        shown[since < self._green + AMBER_S] = AMBER
        shown[since < self._green] = GREEN
        return shown

    def walk(self, time_s: float) -> Bool:
        """Whether people may step on the crossing of each arm (2 * street + end); False where there are no signals."""
        since = (time_s - self._walk[:, 0]) % CYCLE_S
        return np.asarray(since < self._walk[:, 1])


def _phases(arms: tuple[Arm, ...]) -> F64:
    """The phase, 0 or 1, of each arm: 0 for the two that most nearly make one straight street."""
    angles = np.array([arm.angle for arm in arms])
    bend = np.abs((angles[:, None] - angles[None]) % (2 * np.pi) - np.pi)
    np.fill_diagonal(bend, np.inf)
    a, b = divmod(int(np.argmin(bend)), len(arms))
    phase = np.ones(len(arms))
    phase[[a, b]] = 0
    return phase
