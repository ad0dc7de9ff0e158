"""A score over rates as a picture."""

from pathlib import Path

import pytest

from sightline.core.errors import BadConfig
from sightline.evaluate.plot_rates import Panel, plot_rates

pytest.importorskip("matplotlib", reason="matplotlib is not installed")


def test_the_same_curves_give_the_same_bytes(tmp_path: Path) -> None:
    panels = [Panel("people", ["2", "all"], {"ours": [50.0, 60.0], "theirs": [None, 55.0]})]
    for name in ("a.png", "b.png"):
        plot_rates(panels, tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("panels", "file"),
    [
        pytest.param([], "a.png", id="nothing to draw"),
        pytest.param([Panel("x", ["1"], {str(k): [1.0] for k in range(7)})], "a.png", id="more curves than colours"),
        pytest.param([Panel("x", ["1"], {"ours": [1.0]})], "a.txt", id="no picture"),
        pytest.param([Panel("x", ["1"], {"ours": [1.0]})], "none/a.png", id="no such folder"),
    ],
)
def test_refused(panels: list[Panel], file: str, tmp_path: Path) -> None:
    with pytest.raises(BadConfig):
        plot_rates(panels, tmp_path / file)
