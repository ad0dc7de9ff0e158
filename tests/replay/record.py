"""Writes the recorded columns of one simulated junction and the events that its rules make of them.

Run ``python tests/replay/record.py`` from the project's root after a change that is meant to change events, and look at
what changed.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from sightline.bench.rule_streets import shaken, street_tracks
from sightline.config.rules import GroundConfig, RuleConfig
from sightline.core.events import Event, Line, Zone
from sightline.core.values import Tracks
from sightline.formats.events_jsonl import event_line
from sightline.rules import Drawing, Ruleset, Sample

HERE = Path(__file__).resolve().parent
COLUMNS, EVENTS, DRAWING = HERE / "junction.npz", HERE / "junction.events.jsonl", HERE / "junction.json"
SIZE = (640, 360)
FPS = 5.0
MODEL: TypeAdapter[RuleConfig] = TypeAdapter(RuleConfig)


def drawing() -> Drawing:
    """The lines of the junction's gates, zones over its middle and its whole, and rules of all types."""
    given = json.loads(DRAWING.read_text(encoding="utf-8"))
    lines = tuple(Line(name, tuple(start), tuple(end)) for name, (start, end) in given["lines"].items())
    zones = tuple(Zone(name, tuple(map(tuple, corners))) for name, corners in given["zones"].items())
    rules = tuple(MODEL.validate_python(rule) for rule in given["rules"])
    return Drawing(lines, zones, rules, GroundConfig.model_validate(given["ground"]))


def samples(start_ns: int = 0) -> list[Sample]:
    """The recorded samples, from a time on."""
    with np.load(COLUMNS) as table:
        columns = {name: table[name] for name in table.files}
    ends = np.cumsum(columns["rows"])
    parts = [slice(end - rows, end) for end, rows in zip(ends.tolist(), columns["rows"].tolist(), strict=True)]
    return [
        Sample(
            "junction",
            start_ns + int(time_ns),
            SIZE,
            Tracks(
                columns["boxes_px"][part].astype(np.float32) / 8,
                columns["scores"][part].astype(np.float32) / 100,
                columns["labels"][part].astype(np.int16),
                columns["ids"][part].astype(np.int64),
                columns["ages_ds"][part].astype(np.float32) / 10,
                columns["held"][part],
            ),
        )
        for time_ns, part in zip(columns["times_ns"].tolist(), parts, strict=True)
    ]


def events(given: list[Sample]) -> list[Event]:
    """What the rules say."""
    ruleset = Ruleset("junction", drawing())
    return [event for sample in given for event in ruleset.update(sample)] + ruleset.finish()


def _drawn(lines: tuple[Line, ...], inwards: tuple[str, ...]) -> dict[str, Any]:
    back = {"forward": "backward", "backward": "forward"}
    gates = [{"line": line.name, "direction": way} for line, way in zip(lines, inwards, strict=True)]
    middle = [[0.25, 0.25], [0.75, 0.25], [0.85, 0.75], [0.15, 0.75]]
    whole = [[0.0, 0.05], [1.0, 0.05], [1.0, 1.0], [0.0, 1.0]]
    rules: list[dict[str, Any]] = [
        {"type": "line", "name": "line", "line": lines[0].name},
        {
            "type": "turning",
            "name": "turns",
            "entries": gates,
            "exits": [{"line": gate["line"], "direction": back[gate["direction"]]} for gate in gates],
        },
        {"type": "occupancy", "name": "middle", "zone": "middle", "classes": ["vehicle"], "every_s": 5},
        {"type": "dwell", "name": "stays", "zone": "whole", "seconds": 15},
        {"type": "queue", "name": "queue", "zone": "whole", "vehicles": 2},
        {"type": "stopped", "name": "stands", "seconds": 5},
        {"type": "wrong_way", "name": "against", "zone": "whole", "arrow": [[0.1, 0.5], [0.9, 0.5]]},
        {"type": "carriageway", "name": "on foot", "zone": "middle"},
        {"type": "near_miss", "name": "near", "ttc_s": 2.5, "pet_s": 2.0},
        {"type": "crowding", "name": "many", "zone": "whole", "persons": 3, "min_s": 2},
        {"type": "speed", "name": "fast", "line": lines[0].name, "limit_mps": 8.0},
        {"type": "speed", "name": "through", "zone": "middle"},
    ]
    return {
        "lines": {line.name: [line.start, line.end] for line in lines},
        "zones": {"middle": middle, "whole": whole},
        "rules": rules,
        "ground": {"points": [[0, 0.2, 0, 40], [1, 0.2, 60, 40], [1, 1, 40, 0], [0, 1, 20, 0]]},
    }


def main() -> None:
    """Run the street, write its columns small, and the events."""
    street = street_tracks(1, 4, 60.0, FPS)
    busiest = max(range(len(street.cameras)), key=lambda k: sum(map(len, street.tracks[k])))
    tracks = shaken(street.tracks[busiest], 1)
    junction = street.junctions[busiest]
    DRAWING.write_text(json.dumps(_drawn(junction.lines, junction.inwards), indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(
        COLUMNS,
        times_ns=np.array(street.times_ns),
        rows=np.array([len(one) for one in tracks], np.int32),
        boxes_px=np.concatenate([np.round(one.boxes_px * 8) for one in tracks]).astype(np.int16),
        scores=np.concatenate([np.round(one.scores * 100) for one in tracks]).astype(np.int8),
        labels=np.concatenate([one.labels for one in tracks]).astype(np.int8),
        ids=np.concatenate([one.ids for one in tracks]).astype(np.int32),
        ages_ds=np.concatenate([np.round(one.ages_s * 10) for one in tracks]).astype(np.int16),
        held=np.concatenate([one.held for one in tracks]),
    )
    EVENTS.write_text("".join(map(event_line, events(samples()))), encoding="utf-8")


if __name__ == "__main__":
    main()
