"""A latch that locks itself when nobody does: the last line behind a loop that hangs."""

import logging
import threading
from typing import Final

from petdoor.core.contacts import Way
from petdoor.core.ports import Latch
from petdoor.errors import LatchError

log = logging.getLogger(__name__)

_MARGIN_SECONDS: Final = 1.0


class DeadMansLatch:
    """Any latch, and a timer that locks it should it stay unlocked for longer than it ever may.

    The loop decides when to lock. This only holds when the loop cannot: an inference that hangs, a log
    nobody reads. It drives the bolt before it says a word, since saying so may hang too.
    """

    def __init__(self, latch: Latch, *, limit_seconds: float) -> None:
        self._latch = latch
        self._limit_seconds = limit_seconds + _MARGIN_SECONDS
        self._moving = threading.Lock()
        self._timer: threading.Timer | None = None

    def lock(self) -> None:
        with self._moving:
            self._disarm()
            self._latch.lock()

    def unlock(self, way: Way = Way.IN) -> None:
        with self._moving:
            self._arm()
            self._latch.unlock(way)

    def close(self) -> None:
        with self._moving:
            self._disarm()
            self._latch.close()

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = threading.Timer(self._limit_seconds, self._lock_at_last)
            self._timer.name, self._timer.daemon = "petdoor-dead-man", True
            self._timer.start()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _lock_at_last(self) -> None:
        with self._moving:
            if self._timer is not threading.current_thread():
                return
            self._timer = None
            try:
                self._latch.lock()
            except LatchError as error:
                log.critical("the latch was unlocked for too long and cannot be locked: %s", error)
                return
        log.critical("the loop did not lock the latch within %.0f s: locked it", self._limit_seconds)
