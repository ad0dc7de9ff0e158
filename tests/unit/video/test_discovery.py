"""What of an answer to a WS-Discovery question is believed."""

import pytest

from sightline.video.discovery import _answers

QUESTION = "urn:uuid:1"
SENDER = "192.0.2.7"


def answer(
    *, start: str = "", related: str = QUESTION, host: str = SENDER, name: str = "gate", endpoint: str = "urn:uuid:2"
) -> str:
    return (
        f'{start}<e xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"'
        ' xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">'
        f"<a:RelatesTo>{related}</a:RelatesTo><d:ProbeMatches><d:ProbeMatch>"
        f"<a:EndpointReference><a:Address>{endpoint}</a:Address></a:EndpointReference>"
        f"<d:Scopes>onvif://www.onvif.org/name/{name}</d:Scopes><d:XAddrs>http://{host}/onvif</d:XAddrs>"
        "</d:ProbeMatch></d:ProbeMatches></e>"
    )


ENTITIES = '<!DOCTYPE e [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>'


@pytest.mark.parametrize(
    ("word", "data"),
    [
        ("plain", answer().encode()),
        ("declared", answer(start='<?xml version="1.0" encoding="utf-8"?>').encode()),
        ("with a mark before it", answer().encode("utf-8-sig")),
        ("declared as something else", answer(start='<?xml version="1.0" encoding="utf-16"?>').encode()),
    ],
)
def test_an_answer_in_utf_8_is_read(word: str, data: bytes) -> None:
    (camera,) = _answers(data, QUESTION, SENDER, "192.0.2.1")
    assert (camera.address, camera.name, camera.interface) == ("http://192.0.2.7/onvif", "gate", "192.0.2.1"), word


def test_a_name_is_read_as_utf_8_whatever_the_answer_declares() -> None:
    data = answer(start='<?xml version="1.0" encoding="iso-8859-1"?>', name="Höhe").encode()
    assert _answers(data, QUESTION, SENDER, "i")[0].name == "Höhe"


@pytest.mark.parametrize(
    ("word", "data"),
    [
        ("UTF-16", answer(start='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16")),
        ("UTF-16 without a mark", answer(start='<?xml version="1.0" encoding="utf-16"?>').encode("utf-16-be")),
        ("UTF-16 that hides entities", answer(start=ENTITIES, name="&y;").encode("utf-16")),
        ("another encoding", answer(name="Höhe").encode("latin-1")),
        ("a zero byte", answer(name="a\0b").encode()),
        ("entities", answer(start=ENTITIES, name="&y;").encode()),
        ("a comment", answer(start="<!-- -->").encode()),
        ("half of one", answer().encode()[:200]),
        ("nothing", b""),
        ("to another question", answer(related="urn:uuid:9").encode()),
        ("for another host", answer(host="192.0.2.8").encode()),
        ("without an identity", answer(endpoint=" ").encode()),
    ],
)
def test_an_answer_that_is_not_believed(word: str, data: bytes) -> None:
    assert _answers(data, QUESTION, SENDER, "i") == [], word
