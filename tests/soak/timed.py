"""The real loop, and how long its passes take."""

import time
from array import array

from petdoor.daemon import Daemon

_KEPT = 20_000


class Paces:
    """How long the newest passes took; its memory is all there from the start."""

    def __init__(self):
        self._seconds = array("d", bytes(8 * _KEPT))
        self.count = 0
        self._longest = 0.0

    def took(self, seconds):
        self._seconds[self.count % _KEPT] = seconds
        self.count += 1
        self._longest = max(self._longest, seconds)

    @property
    def longest_ms(self):
        """The longest of all."""
        return self._longest * 1e3

    def ms(self, share):
        """The quantile of the newest, in milliseconds."""
        newest = sorted(self._seconds[: min(self.count, _KEPT)])
        return newest[min(len(newest) - 1, int(share * len(newest)))] * 1e3


class TimedDaemon(Daemon):
    """Measures each pass; what ``before_pass`` does beforehand is not the door's."""

    def __init__(self, parts, *, before_pass, **more):
        super().__init__(parts, **more)
        self._before_pass = before_pass
        self.paces = Paces()

    def turn(self):
        self._before_pass()
        began = time.perf_counter()
        super().turn()
        self.paces.took(time.perf_counter() - began)
