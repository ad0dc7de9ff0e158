"""Forgetting: per class, with its proof, and the bytes are gone."""

import pytest

from sightline.config.store import RetentionSettings, StoreSettings
from sightline.core.clock import ManualClock
from sightline.core.events import LineCrossed, SourceChanged
from sightline.core.summaries import TrackSummary
from sightline.store import forget as forgetting
from sightline.store.forget import FORGOTTEN, forget, held
from sightline.store.query import CountQuery, CountRow, Page
from sightline.store.store import Store, open_store

NOON = 1_795_348_800_000_000_000
HOUR_NS = 3_600_000_000_000
MINUTE_NS = 60_000_000_000


def _fill(store: Store) -> None:
    """One of each class every hour, the newest now, for nine days."""
    hours = [(number, NOON - number * HOUR_NS) for number in range(9 * 24 + 1)]
    labels = ("car", "pedestrian", "rider")
    store.put_tracks([TrackSummary("north", number, label, 0.9, ns, ns) for number, ns in hours for label in labels])
    store.put_events(
        [
            LineCrossed("north", ns, "a", "forward", number, name, 0.9)
            for number, ns in hours
            for name in ("bus", "bicycle")
        ]
    )
    store.put_events([SourceChanged("north", ns, "lost", "silent") for _, ns in hours])
    store.put_counts([CountRow("north", "a", "forward", ns, 1, {"pedestrian": 1, "car": 1}) for _, ns in hours])
    assert store.flush(20)


def _left(store: Store) -> dict[str, int]:
    questions = {
        "person tracks": "SELECT count(*) FROM track_summaries WHERE concerns = 'person'",
        "vehicle tracks": "SELECT count(*) FROM track_summaries WHERE concerns = 'vehicle'",
        "person events": "SELECT count(*) FROM events WHERE concerns = 'person'",
        "vehicle events": "SELECT count(*) FROM events WHERE concerns = 'vehicle'",
        "other events": "SELECT count(*) FROM events WHERE concerns = 'nobody'",
        "minutes": "SELECT count(*) FROM counts_minutes",
        "quarters": "SELECT count(*) FROM counts_quarters",
    }
    with store.engine.connect() as connection:
        return {name: connection.exec_driver_sql(question).scalar_one() for name, question in questions.items()}


ALL = {"vehicle events": 217, "other events": 217, "minutes": 217, "quarters": 217}


@pytest.mark.parametrize(
    ("retention", "left"),
    [
        pytest.param({}, {"person tracks": 50, "vehicle tracks": 169, "person events": 25, **ALL}, id="the defaults"),
        pytest.param(
            {"person_tracks_h": 72, "vehicle_tracks_days": 1},
            {"person tracks": 146, "vehicle tracks": 25, "person events": 73, **ALL},
            id="persons as long as may be",
        ),
        pytest.param(
            {"vehicle_events_days": 2, "other_events_days": 3, "counts_days": 4},
            {
                "person tracks": 50,
                "vehicle tracks": 169,
                "person events": 25,
                "vehicle events": 49,
                "other events": 73,
                "minutes": 97,
                "quarters": 97,
            },
            id="everything has an end",
        ),
    ],
)
def test_each_class_is_kept_so_long(
    store: Store, clock: ManualClock, retention: dict[str, float], left: dict[str, int]
) -> None:
    _fill(store)
    kept = RetentionSettings.model_validate(retention)
    assert sum(one.rows for one in held(store.engine, kept, clock)) > 0
    forget(store.engine, kept, clock, store.audit)
    assert _left(store) == left
    assert {one.rows for one in held(store.engine, kept, clock)} == {0}
    clock.advance(1)
    assert sum(one.rows for one in forget(store.engine, kept, clock, store.audit)) > 0, "one second more is too old"


def test_each_run_leaves_its_proof(store: Store, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "_AT_ONCE", 100)
    _fill(store)
    before = store.audit.page(limit=1)[0].seq if store.audit.page(limit=1) else 0
    store.forget()
    proofs = [one for one in reversed(store.audit.page(limit=100)) if one.seq > before]
    assert [(one.who, one.what, one.subject, one.detail["rows"]) for one in proofs] == [
        ("system", FORGOTTEN, "tracks of persons", 100),
        ("system", FORGOTTEN, "tracks of persons", 100),
        ("system", FORGOTTEN, "tracks of persons", 100),
        ("system", FORGOTTEN, "tracks of persons", 84),
        ("system", FORGOTTEN, "tracks of vehicles", 48),
        ("system", FORGOTTEN, "events about persons", 100),
        ("system", FORGOTTEN, "events about persons", 92),
    ]
    assert proofs[0].detail["before"] == "2026-11-21T12:00:00Z"
    store.forget()
    last = store.audit.page(limit=1)[0]
    assert (last.subject, last.detail["rows"]) == ("nothing", 0)
    assert last.detail["before"]["tracks of vehicles"] == "2026-11-15T12:00:00Z"
    assert store.audit.verify().sound


def test_counts_stay_whole_at_the_edge(store: Store, clock: ManualClock) -> None:
    store.put_counts(
        [CountRow("n", "a", "forward", NOON - minute * MINUTE_NS, 1, {"car": 1}) for minute in range(-14, 1500)]
    )
    store.flush(10)
    clock.advance(7 * 60)  # within a quarter hour
    forget(store.engine, RetentionSettings(counts_days=1), clock, store.audit)
    asked = {minutes: store.counts(CountQuery(0, NOON + HOUR_NS, minutes)) for minutes in (1, 15)}
    assert asked[1].counts.sum() == asked[15].counts.sum() == 1455
    assert asked[1].starts_ns.min() == asked[15].starts_ns.min() == NOON - 24 * HOUR_NS


def test_what_is_forgotten_is_in_no_file(store: Store, settings: StoreSettings, clock: ManualClock) -> None:
    word = "the-name-nobody-may-find"
    old = [LineCrossed("north", NOON - 30 * HOUR_NS + n, word, "forward", n, "pedestrian", 0.9) for n in range(3000)]
    store.put_events([*old, LineCrossed("north", NOON, "a", "forward", 1, "pedestrian", 0.9)])
    store.flush(10)
    files = [settings.folder / name for name in ("sightline.db", "sightline.db-wal")]
    assert word.encode() in b"".join(path.read_bytes() for path in files)
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    store.forget()
    assert word.encode() not in b"".join(path.read_bytes() for path in files)
    with store.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar() == 0
        assert connection.exec_driver_sql("PRAGMA page_count").scalar_one() < pages / 3
    assert len(store.events(Page()).events) == 1
    assert files[0].stat().st_size < pages * 4096 / 3, "given back to the disk"


def test_it_happens_by_itself(settings: StoreSettings, clock: ManualClock) -> None:
    store = open_store(settings, clock)
    store.put_tracks([TrackSummary("north", 1, "pedestrian", 0.9, NOON, NOON)])
    store.flush(10)
    store.close()
    clock.advance(25 * 3600)
    store = open_store(settings, clock)
    for _ in range(1000):
        if store.stats().forgotten:
            break
        store.flush(0.01)
        store.audit.page(limit=1)
    assert store.stats().forgotten["tracks of persons"] == 1
    assert _left(store)["person tracks"] == 0
    store.close()
