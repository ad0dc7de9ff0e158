"""The tables of a district's truth: name of the file -> its columns, the same for who writes and who reads."""

from typing import Final

from sightline.formats.columns_csv import Column

_ID: Final = Column("id", "whole", least=1)
_CLASS: Final = Column("class", "class")
_CAMERA: Final = Column("camera", "text")
_TRACK: Final = Column("track", "whole", least=1)
_SPAN: Final = (Column("first_s", "number", 2, least=0), Column("last_s", "number", 2, least=0))

MOVERS: Final = (
    _ID,
    _CLASS,
    Column("look", "whole", least=0),
    Column("length_m", "number", 2, least=0),
    Column("width_m", "number", 2, least=0),
    Column("height_m", "number", 2, least=0),
    Column("parked", "whole", least=0),
    *_SPAN,
)
JOURNEYS: Final = (
    _ID,
    _CLASS,
    Column("visit", "whole", least=1),
    _CAMERA,
    _TRACK,
    *_SPAN,
    Column("mean_mps", "number", 2, least=0),
)
CROSSINGS: Final = (
    Column("time_s", "number", 3, least=0),
    _CAMERA,
    Column("line", "text"),
    Column("direction", "text"),
    _CLASS,
    _ID,
)
SPEEDS: Final = (*CROSSINGS, Column("speed_mps", "number", 2, least=0))
TURNING: Final = (
    Column("start_s", "number", 0, least=0),
    Column("end_s", "number", 0, least=0),
    Column("junction", "whole", least=0),
    Column("from_street", "text"),
    Column("to_street", "text"),
    _CLASS,
    Column("count", "whole", least=1),
)
TRACKS: Final = (
    _CAMERA,
    _TRACK,
    Column("mover", "whole", least=0),
    _CLASS,
    Column("first_frame", "whole", least=1),
    Column("last_frame", "whole", least=1),
    *_SPAN,
)
HANDOVERS: Final = (
    Column("from_camera", "text"),
    Column("from_track", "whole", least=1),
    Column("to_camera", "text"),
    Column("to_track", "whole", least=1),
    Column("mover", "whole", least=1),
    Column("gap_s", "number", 2),
)
CLOCKS: Final = (
    _CAMERA,
    Column("offset_s", "number", 6),
    Column("drift_ppm", "number", 4),
)

TABLES: Final = {
    "movers.csv": MOVERS,
    "journeys.csv": JOURNEYS,
    "crossings.csv": CROSSINGS,
    "speeds.csv": SPEEDS,
    "turning.csv": TURNING,
    "tracks.csv": TRACKS,
    "handovers.csv": HANDOVERS,
    "clocks.csv": CLOCKS,
}
