"""How often somebody may ask, counted in this process."""

from __future__ import annotations

import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

_SWEEP_S: Final = 60.0


class Rates:
    """A sliding minute for each name: of the last clock minute as much counts as lies within the last sixty seconds."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(Counts())

    def wait_s(self, who: str, per_minute: int) -> int | None:
        """Count a request. None when it may pass, else after how many seconds to ask again."""
        rate = RateLimitItemPerMinute(per_minute)
        if self._limiter.hit(rate, who):
            return None
        return max(1, round(self._limiter.get_window_stats(rate, who).reset_time - time.time()))


class Counts(MemoryStorage):
    """The library's counts. It starts a thread after every hit to drop what has expired, which costs more than all else
    that stands before a route; here that is done once a minute, beside a hit.
    """

    def __init__(self) -> None:
        super().__init__()
        self._swept = time.monotonic()

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count `amount` more under a key that is kept for `expiry` seconds; the new count."""
        self._sweep()
        found = self.get(key) + amount
        if found == amount:
            self.expirations[key] = time.time() + expiry
        self.storage[key] = found
        return found

    def _sweep(self) -> None:
        if time.monotonic() - self._swept < _SWEEP_S:
            return
        self._swept = time.monotonic()
        for key in list(self.expirations):
            self.get(key)  # which drops it when its time is over
