"""A latch that locks itself when nobody does: the last line behind a loop that hangs."""

import logging
import threading
from collections.abc import Callable
from typing import Final, TypeAlias

from petdoor.core.contacts import Way
from petdoor.core.ports import Latch
from petdoor.errors import LatchError

log = logging.getLogger(__name__)

_MARGIN_SECONDS: Final = 1.0

NewTimer: TypeAlias = Callable[[float, Callable[[], None]], threading.Timer]
"""Makes a timer that waits so many seconds once it is started, and then does this."""


def daemon_timer(seconds: float, act: Callable[[], None]) -> threading.Timer:
    """A timer that nobody waits for."""
    timer = threading.Timer(seconds, act)
    timer.name, timer.daemon = "petdoor-dead-man", True
    return timer


class DeadMansLatch:
    """Any latch, and a timer that locks it should it stay unlocked for longer than it ever may.

    The loop decides when to lock. This only holds when the loop cannot: an inference that hangs, a log
    nobody reads. It drives the bolt before it says a word, since saying so may hang too. A bolt that does not
    obey is driven again and again.

    Args:
        latch: what moves.
        limit_seconds: the longest that it is ever unlocked.
        again_seconds: how long it waits before it drives a bolt again that did not obey.
        new_timer: where its timers come from.
    """

    def __init__(
        self,
        latch: Latch,
        *,
        limit_seconds: float,
        again_seconds: float = 1.0,
        new_timer: NewTimer = daemon_timer,
    ) -> None:
        self._latch = latch
        self._limit_seconds = limit_seconds + _MARGIN_SECONDS
        self._again_seconds = again_seconds
        self._new_timer = new_timer
        self._moving = threading.Lock()
        self._timer: threading.Timer | None = None
        self._wanted: Way | None = None

    def lock(self) -> None:
        with self._moving:
            self._wanted = None
            self._latch.lock()
            self._disarm()  # only now: one that did not obey is still guarded

    def unlock(self, way: Way = Way.IN) -> None:
        with self._moving:
            self._wanted = way
            if self._timer is None:
                self._arm(self._limit_seconds)
            self._latch.unlock(way)

    def hold(self) -> None:
        """The loop turns, and wants the bolt drawn for longer: its longest time begins anew.

        One that has fallen while the loop hung is drawn again.

        Raises:
            LatchError: the latch did not obey.
        """
        with self._moving:
            if self._wanted:
                self._disarm()
                self._arm(self._limit_seconds)
                self._latch.unlock(self._wanted)

    def close(self) -> None:
        with self._moving:
            self._disarm()
            self._latch.close()

    def _arm(self, seconds: float) -> None:
        timer = self._new_timer(seconds, lambda: self._lock_at_last(timer))
        self._timer = timer
        timer.start()

    def _disarm(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _lock_at_last(self, timer: threading.Timer) -> None:
        with self._moving:
            if self._timer is not timer:
                return
            fault = self._force()
        if fault:
            log.critical("the latch was unlocked for too long and cannot be locked: %s", fault)
        else:
            log.critical("the loop did not lock the latch within %.0f s: locked it", self._limit_seconds)

    def _force(self) -> str:
        """Lock, or try again later; why it did not obey, or nothing."""
        self._timer = None
        try:
            self._latch.lock()
        except LatchError as error:
            self._arm(self._again_seconds)
            return str(error)
        return ""
