"""Scores as a picture: HOTA over its thresholds, counts said against truth, recall by height, honest probabilities."""

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sightline.core.errors import BadConfig
from sightline.formats.atomic import unwritable

SUFFIXES: Final = (".png", ".svg", ".pdf")
_BARS: Final = 12  # lines and directions up to which each has its own bars; beyond they are points
# Okabe and Ito's colours, which colour-blind people can tell apart (jfly.uni-koeln.de/color).
_BLUE, _ORANGE, _GREEN = "#0072B2", "#E69F00", "#009E73"
_PANEL_INCH: Final = (4.8, 3.8)


def check_plot(path: Path) -> None:
    """BadConfig where a picture cannot be drawn: the plotting library is absent, or the file's kind is another."""
    _figure_class()
    if path.suffix.lower() not in SUFFIXES:
        raise BadConfig("--plot", str(path), f"a file ending in {', '.join(SUFFIXES)}")


def plot_scores(result: Mapping[str, Any], path: Path) -> None:
    """Draw what result holds of ``alpha``, ``counts``, ``detections``, ``hand_over``, one panel each.

    result: as ``report.report`` answers, with ``hand_over`` as ``handover.hand_over_scores``. BadConfig as
    ``check_plot``, where there is nothing to draw, and where the file cannot be written.
    """
    check_plot(path)
    panels = [draw for key, draw in PANELS.items() if result.get(key)]
    if not panels:
        raise BadConfig("--plot", str(path), f"scores with one of {', '.join(PANELS)}")
    width, height = _PANEL_INCH
    figure = _figure_class()(figsize=(width * len(panels), height), layout="constrained")
    for axes, draw in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes, result)
    # No date, no program and no random name in the file: the same scores give the same bytes.
    stamps = {".png": {"Software": None}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    try:
        with importlib.import_module("matplotlib").rc_context({"svg.hashsalt": "sightline"}):
            figure.savefig(path, dpi=120, metadata=stamps[path.suffix.lower()])
    except OSError as error:
        raise unwritable(path, error) from error


def _figure_class() -> Any:
    try:
        return importlib.import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise BadConfig("--plot", "none", "matplotlib (pip install 'sightline[plot]')") from error


def _alpha(axes: Any, result: Mapping[str, Any]) -> None:
    curves = result["alpha"]
    for name, colour in (("HOTA", _BLUE), ("DetA", _ORANGE), ("AssA", _GREEN)):
        label = f"{name} {result[name]:.1f}"
        axes.plot(curves["threshold"], curves[name], color=colour, label=label, linewidth=2)
    axes.set(title="HOTA over its thresholds", xlabel="IoU from which a box counts", ylabel="%", ylim=(0, 100))
    axes.legend(frameon=False)


def _counts(axes: Any, result: Mapping[str, Any]) -> None:
    rows = [row for row in result["counts"]["lines"] if row["truth"] or row["said"]]
    error = result["counts"]["count_error"]
    axes.set_title("Counts" if error is None else f"Counts, error {error:.1f} %")
    truth, said = [row["truth"] for row in rows], [row["said"] for row in rows]
    if 0 < len(rows) <= _BARS:
        places = list(range(len(rows)))
        axes.barh([place - 0.2 for place in places], truth, 0.38, color=_BLUE, label="truth")
        axes.barh([place + 0.2 for place in places], said, 0.38, color=_ORANGE, label="said")
        axes.set_yticks(places, [f"{row['camera']} {row['line']} {row['direction'][0]}" for row in rows], fontsize=7)
        axes.invert_yaxis()
        axes.set(xlabel="crossings (f: forward, b: backward)", xlim=(0, 1.35 * max([1, *truth, *said])))
        axes.legend(frameon=False, loc="center right")
        return
    most = max([1, *truth, *said])
    axes.plot([0, most], [0, most], color="0.7", linewidth=1)
    axes.scatter(truth, said, s=14, color=_BLUE)
    axes.set(xlabel="truth, crossings of a line and direction", ylabel="said")


def _detections(axes: Any, result: Mapping[str, Any]) -> None:
    scores = result["detections"]
    names = list(scores["heights"])
    for shift, key, colour in ((-0.2, "recall", _BLUE), (0.2, "AP50", _ORANGE)):
        values = [scores["heights"][name][key] or 0.0 for name in names]
        axes.bar([place + shift for place in range(len(names))], values, 0.38, color=colour, label=f"{key}, IoU 0.5")
    axes.set_xticks(range(len(names)), [f"{name} px\n{scores['heights'][name]['boxes']} boxes" for name in names])
    axes.set(title=f"By height, AP {scores['AP'] or 0:.1f}", ylabel="%", ylim=(0, 100))
    axes.legend(frameon=False)


def _hand_over(axes: Any, result: Mapping[str, Any]) -> None:
    scores = result["hand_over"]
    bins = scores.get("reliability", [])
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    most = max([1, *(row["count"] for row in bins)])
    axes.plot([row["said"] for row in bins], [row["right"] for row in bins], color=_BLUE, linewidth=1)
    sizes = [8 + 40 * row["count"] / most for row in bins]
    axes.scatter([row["said"] for row in bins], [row["right"] for row in bins], s=sizes, color=_BLUE)
    ece = scores.get("ece")
    title = "Hand-over probabilities" if ece is None else f"Hand-over probabilities, ECE {ece:.3f}"
    axes.set(title=title, xlabel="probability said", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1.02))


PANELS: Final[dict[str, Callable[[Any, Mapping[str, Any]], None]]] = {
    "alpha": _alpha,
    "counts": _counts,
    "detections": _detections,
    "hand_over": _hand_over,
}
