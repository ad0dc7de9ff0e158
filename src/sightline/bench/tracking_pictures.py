"""The pictures of ``tracking-quality``: HOTA over the rate, ours beside each tracker of the library at its best."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sightline.bench.opponents import FULL, HINDSIGHT
from sightline.bench.own_tracks import ONLINE
from sightline.evaluate.plot_rates import Panel, plot_rates

OURS: Final = "Sightline"
PICTURES: Final[Mapping[str, Mapping[str, str]]] = {
    "tracking-people.png": {
        "mot15": "MOT15, static cameras",
        "pets": "PETS S2.L1",
        "people": "people, drawn detections",
    },
    "tracking-vehicles.png": {"vehicles": "vehicles, drawn detections", "riders": "riders, drawn detections"},
}
_FULL_FPS: Final = {"mot15": "all", "pets": "7"}  # of MOT15 7 to 30: every frame


def draw(values: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what values (of ``tracking_quality``) hold into the folder; the files written. BadConfig as
    ``plot_rates``."""
    written = []
    for file, titles in PICTURES.items():
        panels = [panel(values["sets"][name], name, title) for name, title in titles.items() if name in values["sets"]]
        if panels:
            plot_rates(panels, folder / file)
            written.append(folder / file)
    return written


def panel(rates: Mapping[str, Any], name: str, title: str) -> Panel:
    """The curves of a set over its rates, slowest first; rates where no case is judged are left out."""
    keys = [key for key in reversed(list(rates)) if rates[key]["sightline"][ONLINE]["mean"]]
    curves: dict[str, list[float | None]] = {OURS: [rates[key]["sightline"][ONLINE]["mean"]["HOTA"] for key in keys]}
    for tracker in next((rates[key]["library"] for key in keys if "library" in rates[key]), {}):
        curves[tracker] = [_best(rates[key]["library"][tracker]) for key in keys]
    return Panel(title, [_FULL_FPS.get(name, "10") if key == FULL else key for key in keys], curves)


def _best(variants: Mapping[str, Any]) -> float | None:
    """The highest mean HOTA of a tracker's fair variants."""
    return max((one["mean"]["HOTA"] for name, one in variants.items() if name != HINDSIGHT), default=None)
