"""The guide's example is a site's file that works, and its table names every rule."""

import re
from pathlib import Path

from ruamel.yaml import YAML

from sightline.config.rules import GroundConfig
from sightline.config.site import SiteConfig
from sightline.rules import RULES, Drawing, Ruleset, ground_of

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "rules.md"


def test_the_example_works() -> None:
    found = re.search(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    site = SiteConfig.model_validate({"name": "town"} | YAML(typ="safe").load(found.group(1)))
    camera = site.cameras["north"]
    ground = camera.ground or GroundConfig()
    Ruleset("north", Drawing(camera.lines_drawn(), camera.zones_drawn(), camera.rules, ground))
    plane = ground_of(ground, 16 / 9)
    assert plane is not None
    assert plane.error_share < 0.5


def test_every_rule_is_in_the_table() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [name for name in (*RULES, "plugin") if f"| `{name}` |" not in text] == []
