"""Has done what may wait for the disk, so that nobody else waits longer than they choose."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class Errands:
    """Does one task after another on a thread of its own, which begins with the first.

    Args:
        name: the thread's.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._waiting: dict[Callable[[], Any], Future[Any]] = {}
        self._is_closing = False
        self._last: Callable[[], object] = lambda: None
        self._began_at: float | None = None
        self._thread: threading.Thread | None = None

    @property
    def lasting_seconds(self) -> float:
        """How long it has been at the task it is at; 0 when it is at none."""
        began_at = self._began_at
        return 0.0 if began_at is None else time.monotonic() - began_at

    def do(self, task: Callable[[], _T]) -> Future[_T]:
        """Have a task done, in its turn; where the same one has yet to begin, once will do.

        The future is a cancelled one when the thread has been told to end.
        """
        with self._changed:
            if self._is_closing:
                errand: Future[_T] = Future()
                errand.cancel()
                return errand
            errand = self._waiting.setdefault(task, Future())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()
        return errand

    def close(self, seconds: float, *, last: Callable[[], object] = lambda: None) -> bool:
        """Do what waits, and end; whether that took no longer than this.

        What has not begun by then never will, but for ``last``: it is done at the end, however late.
        """
        with self._changed:
            self._is_closing = True
            self._last = last
            self._changed.notify()
        if self._thread:
            self._thread.join(seconds)
        with self._changed:
            given_up = list(self._waiting.values())
            self._waiting.clear()
        for errand in given_up:
            errand.cancel()
        return not (self._thread and self._thread.is_alive())

    def _run(self) -> None:
        while waiting := self._next():
            self._attend_to(*waiting)
        self._attend_to(self._last, Future())

    def _attend_to(self, task: Callable[[], Any], errand: Future[Any]) -> None:
        self._began_at = time.monotonic()
        try:
            result = task()
        except Exception as error:
            log.exception("the thread %s met something unforeseen", self._name)
            self._began_at = None
            errand.set_exception(error)
        else:
            self._began_at = None
            errand.set_result(result)

    def _next(self) -> tuple[Callable[[], Any], Future[Any]] | None:
        """The task that has waited longest; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing)
            if not self._waiting:
                return None
            task = next(iter(self._waiting))
            return task, self._waiting.pop(task)


def is_done(errand: Future[Any], *, within_seconds: float) -> bool:
    """Whether it was done in that time, and nothing unforeseen was met."""
    try:
        return errand.exception(max(0.0, within_seconds)) is None
    except (TimeoutError, CancelledError):
        return False
