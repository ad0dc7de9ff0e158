"""The example plug-in: installed as a package by pip, found by its entry points, and run by the real parts."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.live
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "plugin"

RUN = """
import json, sys
from pathlib import Path
import cv2
import numpy as np
from sightline.config.doors import DoorSettings
from sightline.config.plugins import load_plugins
from sightline.config.rules import PluginRule
from sightline.core.events import LineCrossed, VehicleStopped, Zone
from sightline.core.values import Tracks
from sightline.core.vocabulary import CODE
from sightline.pipeline.supervisor import attempt
from sightline.rules import RULES, Drawing, Ruleset, Sample
from sightline.sinks import SINKS, Surroundings, open_sinks

folder = Path(sys.argv[1])
S = 1_000_000_000
T = 1_795_000_000 * S

# the sink, behind the door's queue and the rules of what may leave
sinks = load_plugins("sightline.sinks", SINKS, attempt)
door = {"type": "plugin", "name": "mine", "use": "lines", "options": {"path": str(folder / "out.jsonl")}}
around = Surroundings(plugins=sinks.loaded, attempt=attempt)
opened = open_sinks(DoorSettings.model_validate({"sinks": [door]}), around)["mine"]
opened.start()
opened.deliver([LineCrossed("c", T, "l", "forward", n, label, 0.9) for n, label in ((7, "car"), (8, "pedestrian"))])
opened.stop(10)

# the rule, in a ruleset: a bus drives in, stands for 30 s and drives on
rules = load_plugins("sightline.rules", tuple(RULES), attempt)
rule = PluginRule(type="plugin", plugin="bus_waits", name="bus", zone="stop", options={"after_s": 10})
zone = Zone("stop", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
ruleset = Ruleset("c", Drawing(zones=(zone,), rules=(rule,)), makers={**RULES, **rules.loaded})
events = []
for step in range(200):
    second = step / 4
    left = 100 + 40 * min(second, 10) + 40 * max(0.0, second - 40)
    tracks = Tracks(
        np.array([[left, 200, left + 200, 300]], np.float32), np.full(1, 0.9, np.float32),
        np.array([CODE["bus"]], np.int16), np.array([3], np.int64), np.zeros(1, np.float32), np.zeros(1, np.bool_),
    )
    events += ruleset.update(Sample("c", T + round(second * S), (1920, 1080), tracks))

# the source
sources = load_plugins("sightline.sources", ("rtsp", "file"), attempt)
for number in range(3):
    cv2.imwrite(str(folder / f"{number}.png"), np.full((48, 64, 3), number, np.uint8))
source = sources.loaded["stills"](f"stills://{folder}?fps=4", "c")
frames = list(source)
source.close()

refused = [one.name for found in (sinks, rules, sources) for one in found.refused]
states = [(one.state, one.label) for one in events if isinstance(one, VehicleStopped)]
print(json.dumps({
    "refused": refused, "stats": dict(opened.stats()), "states": states,
    "frames": [(one.index, one.time_ns, one.width, int(one.pixels.max())) for one in frames],
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed example, and nothing else."""
    target = tmp_path_factory.mktemp("plugin")
    source = tmp_path_factory.mktemp("source") / "plugin"
    subprocess.run(["cp", "-r", str(EXAMPLE), str(source)], check=True)  # building leaves nothing in the checkout
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No module named 'hatchling'" in done.stderr:
        pytest.skip("needs hatchling, which make test installs")
    assert done.returncode == 0, done.stderr
    return target


def test_the_example_runs(installed: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["refused"] == []
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [line["Data"]["ObjectId"] for line in lines] == ["7"], "a plug-in gets no events of single persons"
    assert report["stats"]["delivered"] == 1
    assert report["stats"]["kept"] == 1
    assert report["states"] == [["began", "bus"], ["ended", "bus"]]
    assert report["frames"] == [[1, 0, 64, 0], [2, 250_000_000, 64, 1], [3, 500_000_000, 64, 2]]
