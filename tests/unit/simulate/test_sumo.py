"""SUMO as a source of trajectories: what is written for it, what is read back, and what happens without it."""

import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from sightline.core.errors import BadConfig, BadData
from sightline.core.vocabulary import CODE
from sightline.simulate.layout import make_layout
from sightline.simulate.sumo import Sumo
from sightline.simulate.world import AMBER, GREEN, RED

# Stand-ins for the two programs: they keep what they were given and write a run of three instants.
_NETCONVERT = """
import pathlib, shutil
here = pathlib.Path.cwd()
shutil.copytree(here, pathlib.Path(__file__).parent / "seen", dirs_exist_ok=True)
links = "".join(f'<connection from="e{k}.{w}" to="x" tl="n{n}" linkIndex="{k}"/>' for k, w, n in LINKS)
(here / "net.xml").write_text(f"<net>{links}</net>")
"""
_SUMO = """
import gzip, pathlib
rows = {
    120.0: '<vehicle id="v1" x="10" y="5" angle="90" type="car" speed="8"/>',
    120.1: '<vehicle id="v1" x="10.8" y="5" angle="90" type="car" speed="6"/>'
    '<person id="p2" x="1" y="2" angle="0" speed="1"/>',
    120.2: '<person id="p2" x="1" y="2.1" angle="0" speed="1"/>',
}
steps = "".join(f'<timestep time="{t}">{row}</timestep>' for t, row in rows.items())
gzip.open("fcd.xml.gz", "wt").write(f"<fcd-export>{steps}</fcd-export>")
shown = ((0, "rrrr"), (120.05, "GGGG"), (120.15, "yyyy"))
states = "".join(f'<tlsState time="{t}" id="n{NODE}" state="{s}"/>' for t, s in shown)
pathlib.Path("states.xml").write_text(f"<tlsStates>{states}</tlsStates>")
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    layout = make_layout(1, 1)
    node = layout.heads[0].node
    links = [(head.street, int(layout.streets[head.street].b != head.node), node) for head in layout.heads]
    texts = {"netconvert": _NETCONVERT.replace("LINKS", repr(links)), "sumo": _SUMO.replace("{NODE}", str(node))}
    for name, text in texts.items():
        path = tmp_path / name
        path.write_text(f"#!{sys.executable}\n{text}", "utf-8")
        path.chmod(0o755)
    return tmp_path


def test_reads_what_the_program_writes(programs: Path) -> None:
    layout = make_layout(1, 1)
    run = Sumo(layout, 1, seconds=1.0, users=20, folder=programs)
    first = run.movers
    assert first.labels.tolist() == [CODE["car"]]
    assert first.places[0] == pytest.approx([10 - 4.3 / 2, 5.0]), "SUMO gives the front, we the middle"
    assert first.headings[0] == pytest.approx(0.0)
    assert set(run.lights.tolist()) == {RED}
    run.advance()
    second = run.movers
    assert second.ids.tolist() == [1, 2]
    assert second.labels.tolist() == [CODE["car"], CODE["pedestrian"]]
    assert second.brakes.tolist() == [True, False]
    assert second.gone_m[0] > first.gone_m[0]
    assert second.looks[0] == first.looks[0]
    assert second.headings[1] == pytest.approx(np.pi / 2)
    assert set(run.lights.tolist()) == {GREEN}
    run.advance()
    assert run.movers.ids.tolist() == [2]
    assert set(run.lights.tolist()) == {AMBER}
    run.advance()
    assert len(run.movers) == 0
    assert run.time_s == pytest.approx(0.3)
    run.close()


def test_writes_the_streets_of_the_layout(programs: Path) -> None:
    layout = make_layout(1, 1)
    Sumo(layout, 1, seconds=1.0, users=400, folder=programs).close()
    nodes = ElementTree.parse(programs / "seen" / "nodes.xml").getroot()
    assert [float(one.get("x", "nan")) for one in nodes] == pytest.approx(layout.nodes[:, 0].tolist(), abs=1e-3)
    edges = ElementTree.parse(programs / "seen" / "edges.xml").getroot()
    assert len(edges) == 2 * len(layout.streets)
    for edge, street in zip(edges[::2], layout.streets, strict=True):
        assert (edge.get("from"), edge.get("to")) == (f"n{street.a}", f"n{street.b}")
        assert sum(float(lane.get("width", "nan")) for lane in edge) == pytest.approx(street.facade_m)
    demand = ElementTree.parse(programs / "seen" / "demand.xml").getroot()
    departs = [float(one.get("depart", "nan")) for one in demand if one.tag in ("trip", "person")]
    assert departs == sorted(departs)
    assert len(departs) > 100
    names = {one.get("id") for one in edges}
    assert {one.get(key) for one in demand.iter("trip") for key in ("from", "to")} <= names


def test_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="netconvert"):
        Sumo(make_layout(1, 1), 1, seconds=1.0, folder=tmp_path)


def test_says_that_the_program_failed(programs: Path) -> None:
    (programs / "sumo").write_text(f"#!{sys.executable}\nimport sys\nsys.exit('Error: no route')\n", "utf-8")
    with pytest.raises(BadData, match="no route"):
        Sumo(make_layout(1, 1), 1, seconds=1.0, folder=programs)


@pytest.mark.parametrize(("seconds", "step_s"), [(0.0, 0.1), (1e9, 0.1), (5.0, 2.0)])
def test_refuses(seconds: float, step_s: float) -> None:
    with pytest.raises(BadConfig):
        Sumo(make_layout(1, 1), 1, seconds=seconds, step_s=step_s)


def test_with_the_real_program() -> None:
    if shutil.which("sumo") is None or shutil.which("netconvert") is None:
        pytest.skip("SUMO is not installed: expected sumo and netconvert on the search path")
    layout = make_layout(1, 4)
    run = Sumo(layout, 1, seconds=20.0, users=60)
    kinds, colours = set(), set()
    for _ in range(200):
        run.advance()
        kinds |= set(run.movers.labels.tolist())
        colours |= set(run.lights.tolist())
    assert {CODE["car"], CODE["pedestrian"]} <= kinds
    assert {RED, GREEN} <= colours
    run.close()
