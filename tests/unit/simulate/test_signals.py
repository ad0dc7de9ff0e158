"""Signals never give green to two streets at once, and people who step on a crossing get across."""

from itertools import pairwise

import numpy as np
import pytest

from sightline.simulate.layout import arms_of, make_layout
from sightline.simulate.signals import AMBER_S, CLEARING, CYCLE_S, Signals
from sightline.simulate.world import AMBER, GREEN, RED


@pytest.mark.parametrize(("seed", "junctions"), [(1, 1), (2, 6), (3, 20)])
def test_green_only_for_one_street(seed: int, junctions: int) -> None:
    layout = make_layout(seed, junctions)
    signals = Signals(layout)
    for time_s in np.arange(0, CYCLE_S, 0.5):
        shown = signals.states(float(time_s))
        for node in np.flatnonzero(layout.signals):
            go = [k for k, head in enumerate(layout.heads) if head.node == node and shown[k] in (AMBER, GREEN)]
            for a in go:
                for b in go:
                    turn = abs((layout.heads[a].towards - layout.heads[b].towards) % (2 * np.pi) - np.pi)
                    assert a == b or turn < np.radians(45)


def test_every_head_shows_all_lights_in_order() -> None:
    signals = Signals(make_layout(1, 4))
    shown = np.array([signals.states(t) for t in np.arange(0, 2 * CYCLE_S, 0.25)])
    for head in shown.T:
        changes = [(a, b) for a, b in pairwise(head.tolist()) if a != b]
        assert set(changes) == {(RED, GREEN), (GREEN, AMBER), (AMBER, CLEARING), (CLEARING, RED)}
        assert (head == AMBER).sum() * 0.25 / 2 == pytest.approx(AMBER_S, abs=0.5)
        assert (head == GREEN).sum() * 0.25 / 2 > 10


@pytest.mark.parametrize("seed", range(4))
def test_people_step_on_crossings_while_traffic_has_red(seed: int) -> None:
    layout = make_layout(seed, 6)
    signals = Signals(layout)
    heads = {(head.street, head.node): k for k, head in enumerate(layout.heads)}
    walked = np.zeros(2 * len(layout.streets), np.bool_)
    for time_s in np.arange(0, CYCLE_S, 0.25):
        walk = signals.walk(float(time_s))
        walked |= walk
        for node, arms in enumerate(arms_of(layout.nodes, layout.streets)):
            for arm in arms if layout.signals[node] else ():
                number = 2 * arm.street + arm.end
                if walk[number]:
                    # Red now, and still when the slowest who steps on now has reached the other side.
                    over = 2 * layout.streets[arm.street].kerb_m / 1.4
                    for later in (0.0, over):
                        assert signals.states(float(time_s) + later)[heads[arm.street, node]] in (RED, CLEARING)
    signalled = [2 * head.street + int(layout.streets[head.street].b == head.node) for head in layout.heads]
    assert walked[signalled].all()
    assert walked.sum() == len(signalled)
