"""A camera that offers single pictures: fetched again and again, each new one a Frame with an honest time."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from typing import Final

import av
from av.video.codeccontext import VideoCodecContext

from sightline.config import VideoSettings
from sightline.config.sources import SnapshotOptions
from sightline.core.clock import Clock, SystemClock
from sightline.core.errors import SourceLost, SourceUnavailable
from sightline.core.frame import Frame
from sightline.video.address import shown
from sightline.video.openers import refuse_size
from sightline.video.pictures import pixels_of
from sightline.video.source import Clocks, SourceInfo, Start, Tally, Wanted
from sightline.video.web import Answer, SourceRefused, Web

_JPEG: Final = b"\xff\xd8\xff"
_FAILURES_S: Final = 10.0  # fetches may fail for so long, or ...
_FAILURES: Final = 3  # ... so many in a row, whichever is longer, before the source counts as lost
_LONGEST_WAIT_S: Final = 300.0  # that a server may ask for
_OLDEST_NS: Final = 86_400_000_000_000  # an older picture by its server's word: the word is not believed


class SnapshotSource:
    """Iterates the Frames of a polled picture, once; numbers and strictly increasing times as ``Source`` gives them.

    The first picture is fetched when built: SourceUnavailable says why there is none. A picture's time is when the
    answer came, less the age the server states (Date less Last-Modified, both by its own clock, so that no clock needs
    to agree; RFC 9110, 8.8.2). A picture equal to the one before, by the server's word or its bytes, is only counted.
    pause: waits the given seconds; says True when no more pictures are wanted.
    """

    def __init__(
        self,
        url: str,
        *,
        camera: str,
        web: Web,
        options: SnapshotOptions,
        settings: VideoSettings,
        start: Start | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._url = url
        self._camera = camera
        self._web = web
        self._options = options
        self._settings = settings
        self._clock = clock or SystemClock()
        begin = start or Start()
        self._index, self._time_ns = begin.index, begin.time_ns
        self.tally = Tally()
        self.pace = False  # its pace is the interval
        self.pause: Callable[[float], object] | None = None
        self.reading = False
        self.interlaced = False
        self.last_packet_ns = self._clock.monotonic_ns()
        self._validators: dict[str, str] = {}
        self._digest = b""
        self._came_ns = self._age_ns = 0  # of the newest picture: when its answer came, how old it was then
        with contextlib.ExitStack() as stack:
            stack.callback(web.close)
            self._first: bytes | None = self._fetch()
            picture = self._decoded(self._first or b"")
            stack.pop_all()  # open from here on
        self.size = (picture.width, picture.height)
        fps = 1 / options.interval_s
        self.info = SourceInfo(shown(url), "live", picture.width, picture.height, fps, "mjpeg", None)

    @property
    def position(self) -> Start:
        """Number and time of the last picture, wanted or not."""
        return Start(self._index, self._time_ns)

    @property
    def drift_s(self) -> None:
        """Single pictures have no clock of their own."""
        return None

    @property
    def clocks(self) -> Clocks:
        """Single pictures have no clock of their own."""
        return Clocks()

    @property
    def camera_clock_s(self) -> None:
        """Not told."""
        return None

    @property
    def progress(self) -> None:
        """A live source has no end."""
        return None

    def close(self) -> None:
        """Close the connection."""
        self._web.close()

    def frames(self, wanted: Wanted | None = None) -> Iterator[Frame]:
        """The Frames; one that ``wanted(index, time_ns)`` refuses is not decoded, only counted.

        SourceLost when fetching fails for long, or the picture stays the same for ``stale_s``.
        """
        data, changed_ns = self._first, self._clock.monotonic_ns()
        self._first = None
        failed_since_ns, failures = 0, 0
        due_ns = self._clock.monotonic_ns()
        while True:
            if data is not None:
                changed_ns = self._clock.monotonic_ns()
                yield from self._frame(data, wanted)
            elif self._clock.monotonic_ns() - changed_ns > self._options.stale_s * 1e9:
                raise SourceLost(
                    f"{shown(self._url)}: expected a new picture, got the same for {self._options.stale_s:.0f} s"
                )
            next_ns = self._wait(due_ns)
            if next_ns is None:
                return
            due_ns = next_ns
            try:
                data = self._fetch()
                failures = 0
            except SourceUnavailable as error:
                now = self._clock.monotonic_ns()
                failed_since_ns = failed_since_ns if failures else now
                failures, data = failures + 1, None
                self.tally.bad += 1
                if failures >= _FAILURES and now - failed_since_ns > _FAILURES_S * 1e9:
                    raise SourceLost(str(error)) from error
                asked = error.retry_after_s if isinstance(error, SourceRefused) else None
                if asked is not None:
                    due_ns = now + round(min(asked, _LONGEST_WAIT_S) * 1e9)

    def _wait(self, due_ns: int) -> int | None:
        """Wait until the next fetch is due, on an even beat; its time, None when there is to be none."""
        now = self._clock.monotonic_ns()
        if due_ns <= now:  # else the server has asked for a later time
            due_ns = max(due_ns + round(self._options.interval_s * 1e9), now)
        pause = self.pause or threading.Event().wait
        return None if pause((due_ns - now) / 1e9) else due_ns

    def _fetch(self) -> bytes | None:
        """The next picture's bytes; None when it is the same as before."""
        self.reading, self.last_packet_ns = True, self._clock.monotonic_ns()
        try:
            answer = self._web.get(self._url, {"Accept": "image/jpeg", **self._validators})
        finally:
            self.reading = False
        if answer.status == 304:
            self.tally.unchanged += 1
            return None
        if not answer.body.startswith(_JPEG):
            kind = answer.headers.get("content-type", "an unknown kind")[:40]
            raise SourceUnavailable(f"{shown(self._url)}: expected a JPEG picture, got {kind!r}")
        etag, modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        self._validators = {}
        if etag:
            self._validators["If-None-Match"] = etag
        if modified:
            self._validators["If-Modified-Since"] = modified
        digest = blake2b(answer.body, digest_size=16).digest()
        if digest == self._digest:
            self.tally.unchanged += 1
            return None
        self._digest, self._age_ns = digest, _age_ns(answer)
        self._came_ns = self._clock.now_ns()
        return answer.body

    def _frame(self, data: bytes, wanted: Wanted | None) -> Iterator[Frame]:
        self._index += 1
        self._time_ns = max(self._came_ns - self._age_ns, self._time_ns + 1)
        if wanted is not None and not wanted(self._index, self._time_ns):
            self.tally.not_due += 1
            self.tally.decoded += 1
            return
        try:
            picture = self._decoded(data)
        except SourceUnavailable:
            self.tally.bad += 1
            return
        self.tally.decoded += 1
        begin_ns = self._clock.monotonic_ns()
        pixels, layout = pixels_of(picture)
        self.tally.convert_ns += self._clock.monotonic_ns() - begin_ns
        self.tally.converted += 1
        frame = Frame(self._camera, self._index, self._time_ns, pixels, layout)
        self.size = (frame.width, frame.height)
        yield frame

    def _decoded(self, data: bytes) -> av.VideoFrame:
        begin_ns = self._clock.monotonic_ns()
        decoder = av.CodecContext.create("mjpeg", "r")  # a new one each: a damaged picture leaves nothing behind
        assert isinstance(decoder, VideoCodecContext)
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(self._settings.max_side_px**2)}
        try:
            pictures = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
        except av.FFmpegError as error:
            raise SourceUnavailable(f"{shown(self._url)}: expected a JPEG picture, got a damaged one") from error
        finally:
            self.tally.decode_ns += self._clock.monotonic_ns() - begin_ns
        if not pictures:
            raise SourceUnavailable(f"{shown(self._url)}: expected a JPEG picture, got a cut one")
        refuse_size(self._url, pictures[0].width, pictures[0].height, self._settings)
        return pictures[0]


def _age_ns(answer: Answer) -> int:
    """How old the server says its picture is; 0 when it does not say, or nothing one could believe."""
    try:
        made = parsedate_to_datetime(answer.headers["last-modified"])
        sent = parsedate_to_datetime(answer.headers["date"])
        age_ns = round((sent - made).total_seconds() * 1e9)
    except (KeyError, ValueError, TypeError):  # TypeError: one with and one without a time zone
        return 0
    return age_ns if 0 <= age_ns <= _OLDEST_NS else 0
