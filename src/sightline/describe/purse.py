"""What describing may cost: units that each analysed frame earns, counted and never timed, so that replays agree."""

from typing import Final, Literal

Account = Literal["crops", "names"]

# Share of the income that is put by for naming passes, each dearer than twenty crops: without an account of their own
# the cheap crops of a busy street would always come first. What one account cannot hold flows into the other.
_NAMES_SHARE: Final = 0.6


class Purse:
    """The units of one camera; a unit is one pass of the detector person-vehicle-bike-detection-2003.

    It starts full, so that the first objects of a short clip are described, and never holds more than its caps; after
    n frames at most ``share * n + cap_crops + cap_names`` has been spent.
    """

    __slots__ = ("_balance", "_caps", "_share", "spent")

    def __init__(self, share: float, *, cap_crops: float, cap_names: float) -> None:
        self._share = share
        self._caps: dict[Account, float] = {"crops": cap_crops, "names": cap_names}
        self._balance = dict(self._caps) if share > 0 else {"crops": 0.0, "names": 0.0}
        self.spent = 0.0

    def earn(self) -> None:
        """The income of one analysed frame."""
        kept = self._put("names", self._share * _NAMES_SHARE)
        self._put("names", self._share - kept - self._put("crops", self._share - kept))

    def holds(self, account: Account, cost: float) -> bool:
        """Whether cost can be paid from the account now."""
        return self._balance[account] + 1e-9 >= cost > 0

    def pay(self, account: Account, cost: float) -> None:
        """Take cost out; ValueError where the account does not hold it."""
        if not self.holds(account, cost):
            raise ValueError(f"purse {account}: expected at most {self._balance[account]:.3f}, got {cost:.3f}")
        self._balance[account] = max(0.0, self._balance[account] - cost)
        self.spent += cost

    def _put(self, account: Account, units: float) -> float:
        room = self._caps[account] - self._balance[account]
        put = max(0.0, min(units, room))
        self._balance[account] += put
        return put
