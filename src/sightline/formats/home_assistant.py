"""Home Assistant's MQTT discovery: one retained message per camera tells it which entities there are.

Device-based discovery (Home Assistant 2024.11 and newer): ``PREFIX/device/<id>/config`` with device, origin, components
and what they share.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any, Final

from sightline.formats.onvif_json import level

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_-]+")  # Home Assistant takes no other letters in the levels of discovery


def object_id(*names: str) -> str:
    """The names as one id of letters, digits, ``_`` and ``-``; different names give different ids."""
    plain = "_".join(_UNSAFE.sub("-", name) for name in names)
    if plain == "_".join(names):
        return plain
    return f"{plain}_{hashlib.blake2b(repr(names).encode(), digest_size=4).hexdigest()}"


def discovery_topic(discovery_prefix: str, prefix: str, camera: str) -> str:
    """Where the camera's announcement belongs."""
    return f"{discovery_prefix}/device/{object_id(prefix.replace('/', '-'), camera)}/config"


def discovery_json(
    prefix: str, camera: str, version: str, classes: Sequence[str], rules: Sequence[str]
) -> dict[str, Any]:
    """The announcement: connection, numbers now and in total by class, and an on/off per rule that has states.

    classes: classes of vehicles counted one by one; persons are one further group. rules: names.
    """
    device = object_id(prefix.replace("/", "-"), camera)
    here = f"{prefix}/{level(camera)}"
    components: dict[str, Any] = {
        "connection": {
            "p": "binary_sensor",
            "name": "Connection",
            "device_class": "connectivity",
            "unique_id": f"{device}_connection",
            "state_topic": f"{here}/status",
            "payload_on": "online",
            "payload_off": "offline",
        }
    }
    for name in (*classes, "person"):
        components[f"{name}_now"] = {
            "p": "sensor",
            "name": f"{name.capitalize()} now",
            "unique_id": f"{device}_{name}_now",
            "state_topic": f"{here}/now/{name}",
            "state_class": "measurement",
        }
        components[f"{name}_total"] = {
            "p": "sensor",
            "name": f"{name.capitalize()} total",
            "unique_id": f"{device}_{name}_total",
            "state_topic": f"{here}/total/{name}",
            "state_class": "total_increasing",
        }
    for rule in rules:
        name = object_id(rule)
        components[f"rule_{name}"] = {
            "p": "binary_sensor",
            "name": rule,
            "unique_id": f"{device}_rule_{name}",
            "state_topic": f"{here}/rules/{level(rule)}",
            "payload_on": "ON",
            "payload_off": "OFF",
        }
    return {
        "dev": {"ids": [device], "name": camera, "mf": "Sightline", "mdl": "Analysed camera", "sw": version},
        "o": {"name": "Sightline", "sw": version},
        "cmps": components,
        "availability_topic": f"{prefix}/status",
        "payload_available": "online",
        "payload_not_available": "offline",
        "qos": 1,
    }
