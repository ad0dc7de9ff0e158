"""A thread that delivers letters one after another, each until it is taken, refused for good or too old."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sightline.sinks.courier import Courier, PostFailed
from sightline.sinks.ladder import Ladder
from sightline.sinks.surroundings import Surroundings

log = logging.getLogger(__name__)

# Answers after which the same post may succeed: time-out, too early, too many, and what a server says of itself.
_AGAIN: Final = frozenset({408, 425, 429})
_IDLE_S: Final = 1.0  # how often a quiet door looks whether it should end or a window has closed


@dataclass(frozen=True, slots=True)
class Letter:
    """One post: its id (the same at every repetition), its body, and how many events or counts are in it."""

    id: str
    body: bytes
    items: int


# letter, Unix seconds -> headers of this attempt.
Headers = Callable[[Letter, int], Mapping[str, str]]


class Postman:
    """Delivers what ``next_letter`` gives: waits at most so many seconds for one, None where there is none.

    At least once: a letter whose answer was lost is posted again under the same id. The letters behind wait in the
    door's own bounded queue. A letter that is refused for good (any other 3xx or 4xx) or was refused for longer than
    ``give_up_s`` is a dead letter: counted, logged, gone.
    """

    def __init__(
        self,
        name: str,
        next_letter: Callable[[float], Letter | None],
        headers: Headers,
        courier: Courier,
        patience: tuple[Ladder, float],
        around: Surroundings,
    ) -> None:
        """patience: the ladder of waits, and after how many seconds a letter is given up."""
        self._name = name
        self._next_letter = next_letter
        self._headers = headers
        self._courier = courier
        self._ladder, self._give_up_s = patience
        self._around = around
        self._clock = around.clock
        self._stopping = threading.Event()
        self._end_ns = 0
        self._thread = threading.Thread(target=self._run, name=f"door {name}", daemon=True)
        self._failing = False
        self._in_hand = 0
        self.posts = self.delivered = self.retries = self.dead = 0

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """Deliver what waits, as long as it is taken at once and at most so long; then end."""
        self._end_ns = self._clock.monotonic_ns() + round(timeout_s * 1e9)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if not self._thread.is_alive():  # else the post under way ends by its own time-out, and the process with it
            self._courier.close()

    @property
    def connected(self) -> bool:
        """Whether the newest post got an answer that it was taken (true before the first)."""
        return not self._failing

    def _run(self) -> None:
        self._around.keep_running(self._name, self._deliver_all, self._stopping)

    def _deliver_all(self) -> None:
        self.dead += self._in_hand  # of a letter that made us stumble
        self._in_hand = 0
        while True:
            stopping = self._stopping.is_set()
            letter = self._next_letter(0.0 if stopping else _IDLE_S)
            if letter is None:
                if stopping:
                    return
            elif not self._deliver(letter) or (stopping and self._clock.monotonic_ns() > self._end_ns):
                return

    def _deliver(self, letter: Letter) -> bool:
        """Post until it is settled; False where the end of the door came first."""
        self._in_hand = letter.items
        settled = self._settle(letter)
        self._in_hand = 0
        return settled

    def _settle(self, letter: Letter) -> bool:
        give_up_ns = self._clock.monotonic_ns() + round(self._give_up_s * 1e9)
        while True:
            self.posts += 1
            reason, again_s = self._attempt(letter)
            if not reason:
                self.delivered += letter.items
                return True
            if again_s is None or self._clock.monotonic_ns() >= give_up_ns:
                self.dead += letter.items
                log.warning("door %s gives up a post with %d items: %s", self._name, letter.items, reason)
                return True
            if self._stopping.is_set() or self._stopping.wait(max(self._ladder.next_s(), again_s)):
                log.warning("door %s ends with a post of %d items undelivered: %s", self._name, letter.items, reason)
                self.dead += letter.items
                return False
            self.retries += 1

    def _attempt(self, letter: Letter) -> tuple[str, float | None]:
        """Why the letter was not taken (empty: it was), and the least wait before the next try (None: no next)."""
        try:
            answer = self._courier.post(letter.body, self._headers(letter, self._clock.now_ns() // 1_000_000_000))
        except PostFailed as error:
            return self._refused(str(error)), 0.0
        if 200 <= answer.status < 300 and answer.status != 207:
            if self._failing:
                log.info("door %s: the other side takes posts again", self._name)
            self._failing = False
            self._ladder.reset()
            return "", None
        reason = f"expected a post to be taken, got status {answer.status}"
        if answer.status in _AGAIN or answer.status >= 500:
            return self._refused(reason), answer.retry_after_s or 0.0
        self._failing = False  # the other side answers, so the ladder begins anew with the next letter
        self._ladder.reset()
        return reason, None

    def _refused(self, reason: str) -> str:
        if not self._failing:
            log.warning("door %s waits and tries again: %s", self._name, reason)
        self._failing = True
        return reason
