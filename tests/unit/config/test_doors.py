"""Options of the doors: what is refused, and that no secret is shown."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sightline.config.doors import DoorSettings, MqttDoor, secret_of
from sightline.core.errors import BadConfig

MQTT = {"name": "city", "type": "mqtt", "host": "broker"}
HOOK = {"name": "hook", "type": "webhook", "url": "https://hook.example/x", "secret": "${HOOK}"}
NGSI = {"name": "flows", "type": "ngsi-ld", "url": "https://broker.example/ngsi-ld/v1/entityOperations/upsert"}
PLUGIN = {"name": "mine", "type": "plugin", "use": "lines", "options": {"path": "x"}}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("an unknown type", MQTT | {"type": "amqp"}, "does not match any of the expected tags"),
    ("an unknown key", MQTT | {"hots": "x"}, "Extra inputs"),
    ("a password written out", MQTT | {"user": "u", "password": "hunter22"}, "a reference"),
    ("a password without user", MQTT | {"password": "${P}"}, "user beside password"),
    ("a certificate without TLS", MQTT | {"ca_file": "ca.pem"}, "tls: true"),
    ("a certificate without its key", MQTT | {"tls": True, "cert_file": "c.pem"}, "together"),
    ("a wildcard in the prefix", MQTT | {"prefix": "a/#"}, "pattern"),
    ("an empty level", MQTT | {"prefix": "a//b"}, "pattern"),
    ("a ladder that falls", MQTT | {"retry_first_s": 9, "retry_last_s": 1}, "at least"),
    ("another scheme", HOOK | {"url": "gopher://hook.example/"}, "http:// or https://"),
    ("no host", HOOK | {"url": "https:///x"}, "http:// or https://"),
    ("a password in the address", HOOK | {"url": "https://u:hunter22@hook.example/"}, "without user"),
    ("a line end in the address", HOOK | {"url": "https://hook.example/\r\nX: y"}, "without spaces"),
    ("a secret written out", HOOK | {"secret": "hunter22hunter22hunter22"}, "a reference"),
    ("no secret", {key: value for key, value in HOOK.items() if key != "secret"}, "required"),
    ("an odd window", NGSI | {"window_min": 7}, "5, 15 or 60"),
]


@pytest.mark.parametrize(("door", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_refused(door: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError) as error:
        DoorSettings.model_validate({"sinks": [door]})
    assert reason in str(error.value)
    assert "hunter22" not in str(error.value)


def test_all_kinds_together() -> None:
    settings = DoorSettings.model_validate({"sinks": [MQTT, HOOK, NGSI, PLUGIN]})
    assert [door.type for door in settings.sinks] == ["mqtt", "webhook", "ngsi-ld", "plugin"]
    with pytest.raises(ValidationError, match="different names"):
        DoorSettings.model_validate({"sinks": [MQTT, HOOK | {"name": "city"}]})


def test_every_option_has_a_sentence() -> None:
    for kind in (MqttDoor, *MqttDoor.__mro__[1:2], DoorSettings):
        for name, field in kind.model_fields.items():
            assert field.description, name


def test_secrets_come_from_environment_or_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("the secret\r\nsecond line\n")
    assert secret_of("k", "${NAME}", {"NAME": "value"}) == "value"
    assert secret_of("k", f"file:{tmp_path}/key") == "the secret"


@pytest.mark.parametrize("reference", ["${MISSING}", "${EMPTY}", "file:/nowhere/at/all", "hunter22", "file:EMPTYFILE"])
def test_a_secret_that_cannot_be_had_is_named_by_its_key(tmp_path: Path, reference: str) -> None:
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(BadConfig, match=r"hook\.secret") as error:
        secret_of("hook.secret", reference.replace("EMPTYFILE", f"{tmp_path}/empty"), {"EMPTY": ""})
    assert "hunter22" not in str(error.value)
