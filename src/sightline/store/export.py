"""Findings as files for others: counts as CSV, Parquet and GeoJSON, ways of vehicles as MF-JSON.

Persons leave as groups only: their classes in counts are merged to groups of at least ten, their tracks never leave.
Each export is in the audit log before its bytes are handed out.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine

from sightline.core.audit import Happening
from sightline.core.errors import BadConfig
from sightline.core.summaries import FULL_SCALE, TrackSummary
from sightline.formats.counts_csv import counts_text
from sightline.formats.counts_parquet import counts_parquet
from sightline.formats.geojson import feature
from sightline.formats.iso_time import iso_text
from sightline.formats.mf_json import Moving, moving_text
from sightline.store.audit import AuditLog
from sightline.store.query import MOST_PAGE, CountQuery, CountRow, Page, counts, find_tracks, published
from sightline.store.rows import MINUTE_NS

F64 = NDArray[np.float64]
Form = Literal["csv", "parquet", "geojson"]
# Camera and points (n, 2) in shares of its picture -> longitude and latitude (n, 2), NaN where there is no ground; None
# for a camera whose place nobody gave.
ToLonLat = Callable[[str, F64], F64 | None]

EXPORTED: Final = "data.exported"  # what of the audit entries
MOST_TRACKS: Final = 50_000  # of one file: some 100 MB


@dataclass(frozen=True, slots=True)
class Exported:
    """The bytes of a file; rows: how many are in it; left_out: how many found could not be (no place on the ground)."""

    content: bytes
    rows: int
    left_out: int


class Exports:
    """Makes files of what is stored; ``who`` is the user's name for the audit log."""

    def __init__(self, engine: Engine, audit: AuditLog) -> None:
        self._engine, self._audit = engine, audit

    def counts(
        self, who: str, asked: CountQuery, form: Form = "csv", places: Mapping[str, tuple[float, float]] | None = None
    ) -> Exported:
        """Counts by window, persons in groups of ten or more; places: longitude and latitude of cameras, for GeoJSON.

        BadConfig for an unknown form or too much at once, StoreUnavailable where the store does not answer.
        """
        if form not in ("csv", "parquet", "geojson"):
            raise BadConfig("format", form, "csv, parquet or geojson")
        rows = published(counts(self._engine, asked))
        if form == "geojson":
            done = _geojson(rows, places or {})
        else:
            content = counts_text(rows).encode("utf-8") if form == "csv" else counts_parquet(rows)
            done = Exported(content, len(rows), 0)
        self._log(who, f"counts as {form}", (asked.start_ns, asked.end_ns), asked.cameras, done)
        return done

    def vehicle_tracks(self, who: str, page: Page, to_lonlat: ToLonLat) -> Exported:
        """Ways of vehicles that ended in the page's time and cameras as MF-JSON; its limit and after are not used.

        Tracks have new ids in the file. Errors as of ``counts``.
        """
        features: list[Moving] = []
        found, after = 0, None
        while True:
            part = find_tracks(self._engine, replace(page, limit=MOST_PAGE, after=after))
            found += len(part.tracks)
            if found > MOST_TRACKS:
                raise BadConfig("time", f"more than {MOST_TRACKS} tracks", "a shorter time or fewer cameras")
            features += [one for track in part.tracks if (one := _moving(track, to_lonlat)) is not None]
            after = part.next
            if after is None:
                break
        done = Exported(moving_text(features).encode("utf-8"), len(features), found - len(features))
        self._log(who, "tracks of vehicles as mf-json", (page.start_ns, page.end_ns), page.cameras, done)
        return done

    def _log(
        self, who: str, what: str, between: tuple[int, int], cameras: Sequence[str] | None, done: Exported
    ) -> None:
        detail = {
            "from": iso_text(between[0]),
            "to": iso_text(between[1]),
            "cameras": "all" if cameras is None else list(cameras),
            "rows": done.rows,
        }
        self._audit.append(Happening(who, EXPORTED, what, detail))


def _geojson(rows: Sequence[CountRow], places: Mapping[str, tuple[float, float]]) -> Exported:
    features = [
        feature(
            "Point",
            np.array([places[row.camera]], np.float64),
            {
                "camera": row.camera,
                "line": row.line,
                "direction": row.direction,
                "from": iso_text(row.start_ns),
                "to": iso_text(row.start_ns + row.minutes * MINUTE_NS),
                **row.by_class,
            },
        )
        for row in rows
        if row.camera in places
    ]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, allow_nan=False) for one in features)
    text = f'{{"type": "FeatureCollection", "features": [\n{lines}\n]}}\n'
    return Exported(text.encode("utf-8"), len(features), len(rows) - len(features))


def _moving(track: TrackSummary, to_lonlat: ToLonLat) -> Moving | None:
    """The track on the ground; None where fewer than two of its points lie there."""
    lonlat = to_lonlat(track.camera, track.feet / FULL_SCALE)
    if lonlat is None:
        return None
    there = np.isfinite(lonlat).all(axis=1)
    if there.sum() < 2:
        return None
    properties = {"class": track.label, "likelihood": round(track.likelihood, 3), "camera": track.camera}
    properties |= {name: value for name, (value, _) in track.attributes.items()}
    times_ns = track.began_ns + track.times_ms.astype(np.int64) * 1_000_000
    return Moving(properties, times_ns[there], lonlat[there])
