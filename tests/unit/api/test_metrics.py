"""Metrics: names, units and labels as the table says, values from the ports."""

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from sightline.api import create_app
from sightline.api.metrics import METRICS
from sightline.config import PageSettings

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "guides" / "page.md"


def families(app, ask):
    ask(app, "GET", "/api/v1/cameras")
    text = ask(app, "GET", "/metrics").text
    return {family.name: family for family in text_string_to_metric_families(text)}


def test_names_and_labels_are_those_of_the_table(app, ask):
    found = families(app, ask)
    assert {name.removesuffix("_total") for name in METRICS} == set(found)
    for name, (labels, sentence) in METRICS.items():
        family = found[name.removesuffix("_total")]
        assert family.documentation == sentence
        assert name.endswith("_total") == (family.type == "counter"), name
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(labels), name


def test_only_few_gauges_carry_the_camera():
    with_camera = [name for name, (labels, _) in METRICS.items() if "camera" in labels]
    assert len(with_camera) <= 3
    assert not any(name.endswith("_total") for name in with_camera)


def test_values(app, ask, ports, make):
    ports.states["yard"] = make.status("yard", state="lost", frames_analysed=300, ms={"detect": 40.0}, age_s=9.0)
    found = families(app, ask)

    def value(family, **labels):
        return next(s.value for s in found[family].samples if s.labels == labels)

    assert value("sightline_cameras", state="running") == 1
    assert value("sightline_cameras", state="failed") == 0
    assert value("sightline_camera_up", camera="yard") == 0
    assert value("sightline_camera_age_seconds", camera="yard") == 9.0
    assert value("sightline_frames_analysed") == 500
    assert value("sightline_frames_dropped", reason="newer frame") == 300
    assert value("sightline_tracks", label="car") == 21
    assert value("sightline_stage_mean_seconds", stage="detect") == (0.02 * 200 + 0.04 * 300) / 500


def test_addresses_do_not_become_labels(app, ask):
    for path in ("/nothing/1", "/nothing/2", "/api/v1/cameras/a", "/api/v1/cameras/b"):
        ask(app, "GET", path)
    ask(app, "BREW", "/")
    requests = families(app, ask)["sightline_http_request_duration_seconds"].samples
    assert {s.labels["route"] for s in requests} == {"other", "/", "/api/v1/cameras", "/api/v1/cameras/{camera}"}
    assert {s.labels["method"] for s in requests} == {"GET", "other"}


def test_two_applications_do_not_share_a_registry(ports, ask):
    one, two = create_app(ports, PageSettings()), create_app(ports, PageSettings())
    ask(one, "GET", "/api/v1/summary")
    assert "/api/v1/summary" not in ask(two, "GET", "/metrics").text


def test_guide_names_every_metric():
    guide = GUIDE.read_text()
    assert [name for name in METRICS if f"`{name}`" not in guide] == []
