"""The visible ladder of waits between attempts."""

from collections.abc import Callable


class Ladder:
    """Waits that double from the first to the last, each cut by up to half at random.

    The cut keeps many workers that lost the same broker from coming back in one instant (M. Brooker, "Exponential
    Backoff And Jitter", AWS Architecture Blog, 2015: "equal jitter").
    """

    def __init__(self, first_s: float, last_s: float, random: Callable[[], float]) -> None:
        """random: a number in 0..1, e.g. ``random.Random().random``."""
        self._first_s = first_s
        self._last_s = last_s
        self._random = random
        self.step = 0

    def next_s(self) -> float:
        """The next wait, seconds."""
        whole = min(self._last_s, self._first_s * 2.0 ** min(self.step, 40))
        self.step += 1
        return whole * (0.5 + 0.5 * self._random())

    def reset(self) -> None:
        """It worked: begin from the first again."""
        self.step = 0
