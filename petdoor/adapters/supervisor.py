"""Tells systemd how the door is: datagrams to its socket, as sd_notify(3) has them.

By the standard library; the packages for it swallow every fault.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)


class Notifier:
    """The service manager's ear; where there is none, nothing is sent.

    Nothing here waits or raises: a manager that does not listen is no reason for a door to stop.

    Args:
        environ: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them.
        clock: monotonic seconds.
        pid: this process.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.monotonic,
        pid: int | None = None,
    ) -> None:
        name = environ.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        self._every_seconds = _watchdog_seconds(environ, pid or os.getpid())
        self._clock = clock
        self._alive_at: float | None = None
        self._is_heard = True
        self._owes_ready = False

    def ready(self) -> None:
        self._owes_ready = not self._send("READY=1")

    def alive(self) -> None:
        """Feed the watchdog twice in the time it allows; what it did not hear is said again each time."""
        if self._owes_ready:
            self.ready()
        if self._every_seconds is None:
            return
        if self._alive_at is None or self._clock() - self._alive_at >= self._every_seconds:
            self.at_work()

    def at_work(self) -> None:
        """Feed the watchdog now: a step of work begins or ends that keeps the loop from turning."""
        if self._every_seconds is not None and self._send("WATCHDOG=1"):
            self._alive_at = self._clock()

    def status(self, words: str) -> None:
        self._send(f"STATUS={' '.join(words.split())}")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> bool:
        """Whether it was heard, or there is nobody to hear it."""
        if not self._address:
            return True
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                sender.sendto(message.encode(errors="replace"), self._address)
        except OSError as error:
            if self._is_heard:
                log.warning("systemd does not hear what it is told (%s): %s", message, error)
            self._is_heard = False
        else:
            self._is_heard = True
        return self._is_heard


def _watchdog_seconds(environ: Mapping[str, str], pid: int) -> float | None:
    """Half of what the watchdog allows this process; None without one (sd_watchdog_enabled(3))."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or environ.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    return int(microseconds) / 2_000_000 or None
