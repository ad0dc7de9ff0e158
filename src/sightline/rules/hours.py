"""Times of day and days of the week at which a rule holds."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Final

from sightline.config.rules import EVERY_DAY, Hours
from sightline.formats.iso_time import is_media_time

_MINUTE_NS: Final = 60_000_000_000


class Calendar:
    """Whether a rule holds at a time, in the site's time zone; looked up once per minute.

    Recorded files have no time of day: there every rule holds.
    """

    def __init__(self, hours: Sequence[Hours], zone: tzinfo) -> None:
        self._hours, self._zone = tuple(hours), zone
        self._minute: int | None = None
        self._holds = True

    def holds(self, time_ns: int) -> bool:
        """At this time (UTC ns)."""
        if not self._hours:
            return True
        minute = time_ns // _MINUTE_NS
        if minute != self._minute:
            self._minute, self._holds = minute, self._at(time_ns)
        return self._holds

    def _at(self, time_ns: int) -> bool:
        if is_media_time(time_ns):
            return True
        local = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone(self._zone)
        today, yesterday = EVERY_DAY[local.weekday()], EVERY_DAY[(local - timedelta(days=1)).weekday()]
        return any(_within(one, local.time(), today, yesterday) for one in self._hours)


def _within(hours: Hours, now: time, today: str, yesterday: str) -> bool:
    if hours.start < hours.end:
        return today in hours.days and hours.start <= now < hours.end
    # Over midnight, or the whole day where both are equal: the part after midnight belongs to the day before.
    return (today in hours.days and now >= hours.start) or (yesterday in hours.days and now < hours.end)
