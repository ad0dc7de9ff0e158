"""Every HTTP route: what it answers and what it refuses with one sentence."""

import csv
import io
import json

import pytest

LINES = "/api/v1/cameras/gate/lines"


def line(name="south", start=(0.0, 0.0), end=(1.0, 1.0), **more):
    return {"name": name, "start": list(start), "end": list(end), **more}


def test_cameras(app, ask):
    body = ask(app, "GET", "/api/v1/cameras").json()
    assert [camera["name"] for camera in body["cameras"]] == ["gate", "=cmd"]
    gate = body["cameras"][0]
    assert gate["ms"] == {"decode": 3.0, "detect": 20.0}
    assert gate["source"] == "rtsp://***@10.0.0.7/stream1"
    assert body["cameras"][1]["analysed_fps"] is None, "not a number is null in JSON"


def test_camera(app, ask):
    assert ask(app, "GET", "/api/v1/cameras/gate").json()["state"] == "running"
    assert ask(app, "GET", "/api/v1/cameras/%3Dcmd").json()["state"] == "starting"


@pytest.mark.parametrize("rest", ["", "/lines", "/counts", "/counts.csv"])
def test_unknown_camera(app, ask, rest):
    answer = ask(app, "GET", f"/api/v1/cameras/nowhere{rest}")
    assert answer.status_code == 404
    assert answer.json() == {"error": "camera: expected one of gate, =cmd, got 'nowhere'"}


def test_unknown_address_and_method(app, ask):
    assert ask(app, "GET", "/api/v1/nothing").json() == {
        "error": "address: expected one of the API, got '/api/v1/nothing'"
    }
    answer = ask(app, "DELETE", "/api/v1/cameras")
    assert (answer.status_code, answer.json()) == (405, {"error": "method: not allowed here"})
    assert ask(app, "GET", "/static/../app.py").status_code == 404


def test_lines_there_and_back(app, ask, ports):
    body = {"lines": [line("süd → nord", (0.25, 0.5), (0.75, 0.5)), line("b")]}
    assert ask(app, "PUT", LINES, json=body).json() == body
    assert ask(app, "GET", LINES).json() == body
    assert ports.kept["gate"][0].start == (0.25, 0.5)
    assert ask(app, "PUT", LINES, json={"lines": []}).json() == {"lines": []}
    assert ask(app, "PUT", "/api/v1/cameras/nowhere/lines", json={"lines": []}).status_code == 404


REFUSED = {
    "not JSON": ("{lines", "body.1: expected JSON"),
    "empty": ("", "body: field required"),
    "not UTF-8": (b"\xff\xfe\x00", ""),
    "a list": ("[]", "body: "),
    "NaN": ('{"lines": [{"name": "a", "start": [NaN, 0], "end": [1, 1]}]}', "body.lines.0.start.0"),
    "infinity": ('{"lines": [{"name": "a", "start": [0, 0], "end": [1e999, 1]}]}', "body.lines.0.end.0"),
    "outside": (
        json.dumps({"lines": [line(end=(1.1, 0.5))]}),
        "body.lines.0.end.0: input should be less than or equal to 1",
    ),
    "negative": (json.dumps({"lines": [line(start=(-0.1, 0.5))]}), "body.lines.0.start.0"),
    "three numbers": (json.dumps({"lines": [line(start=(0.1, 0.2, 0.3))]}), "body.lines.0.start"),
    "a point": (json.dumps({"lines": [line(start=(0.5, 0.5), end=(0.5, 0.5))]}), "expected two different points"),
    "no name": (json.dumps({"lines": [line("")]}), "body.lines.0.name"),
    "blank name": (json.dumps({"lines": [line("  ")]}), "body.lines.0.name: expected printable characters"),
    "control characters": (json.dumps({"lines": [line("a\nb")]}), "body.lines.0.name: expected printable characters"),
    "long name": (json.dumps({"lines": [line("x" * 81)]}), "body.lines.0.name"),
    "one name twice": (json.dumps({"lines": [line("a"), line("a")]}), "lines: expected names that are unique, got 'a'"),
    "unknown key": (json.dumps({"lines": [line(colour="red")]}), "body.lines.0.colour"),
    "too many": (json.dumps({"lines": [line(f"l{i}") for i in range(65)]}), "body.lines"),
    "deep": ('{"lines":' + "[" * 3000 + "]" * 3000 + "}", ""),
}


@pytest.mark.parametrize("word", REFUSED)
def test_lines_refused(app, ask, ports, word):
    content, sentence = REFUSED[word]
    answer = ask(app, "PUT", LINES, content=content, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    error = answer.json()["error"]
    assert error.startswith(sentence) or sentence in error
    assert "\n" not in error
    assert len(error) < 300
    assert [kept.name for kept in ports.kept["gate"]] == ["north"], "nothing changes when one line is refused"


def test_counts(app, ask):
    body = ask(app, "GET", "/api/v1/cameras/gate/counts?minutes=15").json()
    assert (body["camera"], body["minutes"]) == ("gate", 15)
    assert body["counts"][0] == {
        "line": "north", "direction": "forward", "start_ns": 0, "total": 4, "by_class": {"car": 3, "bicycle": 1},
    }  # fmt: skip


@pytest.mark.parametrize("minutes", ["2", "0", "-1", "x", "1.5", "nan", "99999999999999999999"])
def test_counts_window_refused(app, ask, minutes):
    for path in ("counts", "counts.csv"):
        answer = ask(app, "GET", f"/api/v1/cameras/gate/{path}?minutes={minutes}")
        assert answer.status_code == 422
        assert answer.json()["error"].startswith("query.minutes: ")


def test_counts_as_csv(app, ask):
    answer = ask(app, "GET", "/api/v1/cameras/%3Dcmd/counts.csv?minutes=1")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''counts-%3Dcmd-1min.csv"
    assert "\r\n" in answer.text
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["camera"] for row in rows} == {"'=cmd"}, "a formula stays a text"
    assert {row["line"] for row in rows} == {'\'=1+1,"x"'}
    assert [(row["direction"], row["class"], row["count"]) for row in rows] == [
        ("forward", "car", "3"), ("forward", "bicycle", "1"), ("backward", "car", "2"),
    ]  # fmt: skip


def test_csv_columns_are_documented(app, ask):
    schema = ask(app, "GET", "/api/v1/openapi.json").json()
    text = schema["paths"]["/api/v1/cameras/{camera}/counts.csv"]["get"]["description"]
    header = ask(app, "GET", "/api/v1/cameras/gate/counts.csv").text.splitlines()[0]
    assert header.replace(",", ", ") in text


def test_events(app, ask):
    events = ask(app, "GET", "/api/v1/events").json()["events"]
    assert [event["kind"] for event in events] == ["line_crossed", "source_changed"]
    assert events[0]["line"] == "north"
    assert [e["kind"] for e in ask(app, "GET", "/api/v1/events?camera=gate").json()["events"]] == ["line_crossed"]
    assert len(ask(app, "GET", "/api/v1/events?limit=1").json()["events"]) == 1
    assert ask(app, "GET", "/api/v1/events?limit=0").status_code == 422


def test_summary(app, ask):
    gate = ask(app, "GET", "/api/v1/summary").json()["cameras"]["gate"]
    assert gate["counts"] == {"north": {"forward": {"car": 3, "bicycle": 1}, "backward": {"car": 2}}}
    assert gate["tracks"] == {"car": 7, "pedestrian": 2}
    assert gate["frames_analysed"] == 100


def test_ready(app, ask, ports, make):
    assert ask(app, "GET", "/readyz").status_code == 200
    ports.states["gate"] = make.status("gate", state="starting")
    answer = ask(app, "GET", "/readyz")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("ready: expected at least one running camera")
    assert ask(app, "GET", "/healthz").status_code == 200


def test_a_fault_says_nothing_of_the_inside(app, ask, ports):
    def broken():
        raise RuntimeError("rtsp://user:secret@camera")

    ports.cameras = broken
    answer = ask(app, "GET", "/api/v1/cameras")
    assert answer.status_code == 500
    assert answer.json() == {"error": "a fault in the program; its log says more"}
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_openapi_describes_every_route(app, ask):
    schema = ask(app, "GET", "/api/v1/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, route in methods.items():
            assert route["summary"], (path, method)
            assert route["description"], (path, method)
            assert route["tags"], (path, method)
            for parameter in route.get("parameters", []):
                assert parameter["description"], (path, parameter["name"])
    assert "/api/v1/live" in schema["info"]["description"]


def test_no_page_that_loads_from_outside(app, ask):
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert ask(app, "GET", path).status_code == 404
