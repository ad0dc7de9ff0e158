"""ONVIF JSON, Home Assistant's discovery and NGSI-LD entities: the words others wait for."""

from typing import Any

import numpy as np
import pytest

from sightline.core.events import LineCrossed
from sightline.core.vocabulary import CODE, VEHICLES
from sightline.formats.events_jsonl import event_json
from sightline.formats.home_assistant import discovery_json, discovery_topic, object_id
from sightline.formats.ngsi_ld import Place, Window, crowd_flow, traffic_flow, urn
from sightline.formats.onvif_json import Seen, event_payload, event_topic, level, metadata_json, metadata_topic

T = 1_795_000_000_000_000_000
# Attribute names of the published models (smart-data-models/dataModel.Transportation, model.yaml and doc/spec.md).
COMMON = {"id", "type", "address", "areaServed", "dataProvider", "dateObserved", "dateObservedFrom", "dateObservedTo",
          "description", "location", "name", "occupancy", "owner", "refRoadSegment", "seeAlso", "source",
          "averageHeadwayTime", "congested", "alternateName", "dateCreated", "dateModified"}  # fmt: skip
TRAFFIC = COMMON | {"averageGapDistance", "averageVehicleLength", "averageVehicleSpeed", "intensity", "laneDirection",
                    "laneId", "reversedLane", "vehicleSubType", "vehicleType"}  # fmt: skip
CROWD = COMMON | {"averageCrowdSpeed", "direction", "peopleCount", "peopleCountAway", "peopleCountTowards"}
VEHICLE_TYPES = {"agriculturalVehicle", "bicycle", "bus", "minibus", "car", "caravan", "tram", "tanker",
                 "carWithCaravan", "carWithTrailer", "lorry", "moped", "motorcycle", "motorcycleWithSideCar",
                 "motorscooter", "trailer", "van", "constructionOrMaintenanceVehicle", "trolley", "binTrolley",
                 "sweepingMachine", "cleaningTrolley"}  # fmt: skip


def seen(*rows: tuple[int, str, tuple[float, float, float, float], float]) -> Seen:
    return Seen(
        "c",
        T,
        np.array([row[0] for row in rows], np.int64),
        np.array([CODE[row[1]] for row in rows], np.int16),
        np.full(len(rows), 0.9, np.float32),
        np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
        np.array([row[3] for row in rows], np.float32),
    )


def test_metadata_is_in_onvifs_coordinates_and_names_vehicles_only() -> None:
    rows = seen(
        (3, "bus", (0.0, 0.0, 0.5, 1.0), 4.0),
        (4, "pedestrian", (0, 0, 1, 1), 1.0),
        (5, "van", (0.5, 0.25, 1, 0.75), np.nan),
    )
    frame = metadata_json(rows, 0)["Frame"][0]
    assert frame["@UtcTime"] == "2026-11-18T11:06:40Z"
    bus, van = frame["Object"]
    assert bus == {
        "@ObjectId": 3,
        "Appearance": {
            "Shape": {
                "BoundingBox": {"@left": -1.0, "@top": 1.0, "@right": 0.0, "@bottom": -1.0},
                "CenterOfGravity": {"@x": -0.5, "@y": 0.0},
            },
            "Class": {"Type": [{"@Likelihood": 0.9, "#text": "Vehicle"}]},
            "VehicleInfo": [{"Type": {"@Likelihood": 0.9, "#text": "Bus"}}],
        },
        "Behaviour": {"Speed": 4.0},
    }
    assert "Behaviour" not in van
    assert van["Appearance"]["Shape"]["BoundingBox"] == {"@left": 0.0, "@top": 0.5, "@right": 1.0, "@bottom": -0.5}
    assert metadata_json(seen(), 20)["Frame"][0]["Object"] == [], "an empty frame says that the analysis lives"
    assert rows.by_class() == {"bus": 1, "pedestrian": 1, "van": 1}


def test_seen_checks_its_columns() -> None:
    with pytest.raises(ValueError, match=r"boxes: expected shape \(1, 4\), got \(4,\)"):
        Seen(
            "c",
            T,
            np.zeros(1, np.int64),
            np.zeros(1, np.int16),
            np.zeros(1, np.float32),
            np.zeros(4, np.float32),
            np.zeros(1, np.float32),
        )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("north", "north"),
        ("a/b+c#d", "a-b-c-d"),
        ("$SYS", "_SYS"),
        ("\r\n", "--"),
        ("", "-"),
        ("\udc80x", "?x"),
        ("Straße 1", "Straße 1"),
    ],
)
def test_level(text: str, shown: str) -> None:
    assert level(text) == shown


def test_onvif_topics() -> None:
    members = event_json(LineCrossed("north/1", T, "gate #2", "forward", 5, "car", 0.9))
    assert event_topic("site", members) == "site/onvif-ej/RuleEngine/LineDetector/Crossed/&north-1/gate -2"
    assert list(event_payload(members)) == ["UtcTime", "Source", "Data"]
    assert metadata_topic("site", "north/1") == "site/onvif-mj/VideoAnalytics/north-1/Sightline"


def test_discovery_has_what_home_assistant_asks_for() -> None:
    content = discovery_json("city/west", "Nord 1", "1.0", VEHICLES, ["gate", "a/b"])
    assert content["o"]["name"]
    assert content["dev"]["ids"]
    ids = [entity["unique_id"] for entity in content["cmps"].values()]
    assert len(set(ids)) == len(ids) == 1 + 2 * (len(VEHICLES) + 1) + 2
    for entity in content["cmps"].values():
        assert entity["p"] in ("sensor", "binary_sensor")
        assert entity["state_topic"].startswith("city/west/Nord 1/")
        assert not set("+#") & set(entity["state_topic"])
    assert discovery_topic("homeassistant", "city/west", "Nord 1").startswith("homeassistant/device/city-west_Nord-1_")


def test_different_names_have_different_ids() -> None:
    names = ["a b", "a-b", "a/b", "a_b", "ä", "ö"]
    assert len({object_id(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    ("label", "kind"), [("truck", "lorry"), ("scooter", "motorscooter"), ("vehicle", None), ("rider", None)]
)
def test_traffic_flow_speaks_the_models_words(label: str, kind: str | None) -> None:
    entity = traffic_flow(
        ("zurich", "north", "gate 1"), Window(T, T + 300 * 10**9), Place(8.5, 47.3), "backward", label, (12, 10.0)
    )
    assert set(entity) <= TRAFFIC
    assert {"id", "type", "dateObserved", "location"} <= set(entity)
    assert entity["id"] == f"urn:ngsi-ld:TrafficFlowObserved:zurich:north:gate%201:backward:{label}"
    assert entity["intensity"] == {"type": "Property", "value": 12}
    assert entity["averageVehicleSpeed"]["value"] == 36.0, "km/h"
    assert entity["dateObserved"]["value"] == "2026-11-18T11:06:40Z/2026-11-18T11:11:40Z"
    assert entity["dateObservedTo"]["value"] == {"@type": "DateTime", "@value": "2026-11-18T11:11:40Z"}
    assert (entity["vehicleType"]["value"] if kind else entity.get("vehicleType")) == kind
    assert kind is None or kind in VEHICLE_TYPES


@pytest.mark.parametrize(
    ("flows", "shown"),
    [((8, 4), {}), ((10, 10), {"peopleCountTowards": 10, "peopleCountAway": 10}), ((30, 9), {})],
    ids=["small", "both large", "one small: the other would tell it"],
)
def test_crowd_flow_gives_directions_of_large_groups_only(flows: tuple[int, int], shown: dict[str, Any]) -> None:
    entity = crowd_flow(("z", "n", "g"), Window(T, T + 10**9), Place(address={"addressLocality": "Zürich"}), flows, 10)
    assert set(entity) <= CROWD
    assert entity["peopleCount"]["value"] == sum(flows)
    assert {
        name: entity[name]["value"] for name in ("peopleCountTowards", "peopleCountAway") if name in entity
    } == shown
    assert entity["address"]["value"] == {"addressLocality": "Zürich"}


def test_urn() -> None:
    assert urn("X", "a b", "ü", "c:d") == "urn:ngsi-ld:X:a%20b:%C3%BC:c%3Ad"
