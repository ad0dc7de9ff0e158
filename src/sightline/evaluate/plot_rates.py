"""A score over rates of analysis as a picture: one panel per set of scenes, one curve per tracker."""

import importlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sightline.core.errors import BadConfig
from sightline.evaluate.plot import check_plot
from sightline.formats.atomic import unwritable

# Okabe and Ito's colours, which colour-blind people can tell apart (jfly.uni-koeln.de/color); the first curve is ours.
_COLOURS: Final = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
_MARKS: Final = "os^Dv<"
_PANEL_INCH: Final = (3.4, 3.0)


class Panel(NamedTuple):
    """Title, rates as words from left to right, and per curve a value for each of them; None is a hole in the curve."""

    title: str
    rates: Sequence[str]
    curves: Mapping[str, Sequence[float | None]]


def plot_rates(panels: Sequence[Panel], path: Path, *, score: str = "HOTA") -> None:
    """Draw panels side by side, the first curve of each thick; every panel has the same curves.

    BadConfig where a picture cannot be drawn (see ``check_plot``), there is nothing to draw, more curves than colours,
    or the file cannot be written.
    """
    check_plot(path)
    if not panels or max(len(panel.curves) for panel in panels) > len(_COLOURS):
        raise BadConfig("--plot", str(path), f"one panel or more of at most {len(_COLOURS)} curves")
    width, height = _PANEL_INCH
    kind: Any = importlib.import_module("matplotlib.figure").Figure
    figure = kind(figsize=(width * len(panels), height), layout="constrained")
    for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _draw(axes, panel)
        axes.set_ylabel(score if panel is panels[0] else "")
    lines, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(lines, names, loc="outside lower center", ncols=len(names), frameon=False, fontsize=8)
    try:
        figure.savefig(path, dpi=88, metadata={"Software": None} if path.suffix.lower() == ".png" else None)
    except OSError as error:
        raise unwritable(path, error) from error


def _draw(axes: Any, panel: Panel) -> None:
    places = list(range(len(panel.rates)))
    for k, (name, values) in enumerate(panel.curves.items()):
        drawn = [float("nan") if value is None else value for value in values]
        axes.plot(
            places,
            drawn,
            color=_COLOURS[k],
            marker=_MARKS[k],
            markersize=4,
            linewidth=2.4 if k == 0 else 1.2,
            zorder=2.5 if k == 0 else 2,
            label=name,
        )
    axes.set_title(panel.title, fontsize=10)
    axes.set_xticks(places, list(panel.rates))
    axes.set_xlabel("analyses per second")
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
