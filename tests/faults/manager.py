"""A small service manager that does what the unit says: it hears, kills, locks, and starts again.

It feeds nothing by itself. It speaks the protocol of sd_notify(3), as systemd does.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.conftest import ROOT


def in_unit(key: str) -> float:
    """Seconds that the unit gives for this key."""
    text = (ROOT / "systemd" / "petdoor.service").read_text()
    found = re.search(rf"^{key}=(\d+)$", text, re.MULTILINE)
    assert found, key
    return float(found[1])


class Manager:
    """Keeps the door of a folder running until told to stop.

    Args:
        folder: with its settings; log and socket come here.
        watchdog_seconds: how long the door may be silent.
        restart_seconds: how long after its end it is started again.
        environ: for the door.
    """

    def __init__(
        self,
        folder: Path,
        *,
        watchdog_seconds: float,
        restart_seconds: float,
        environ: dict[str, str],
    ) -> None:
        self._folder = folder
        self._watchdog_seconds = watchdog_seconds
        self._restart_seconds = restart_seconds
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(0.02)
        self._environ = {
            **os.environ,
            **environ,
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": str(round(watchdog_seconds * 1e6)),
        }
        self._log = (folder / "door.log").open("ab")
        self.ready_at: list[float] = []
        """When the door said that it watches, each time it was started."""
        self.ends: list[int] = []
        """How it ended, each time; a signal is negative."""
        self.status = ""
        self._stopping = threading.Event()
        self.door: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._manage, name="manager")
        self._thread.start()

    @property
    def said(self) -> str:
        """All the door has logged."""
        return (self._folder / "door.log").read_text("utf-8", "replace")

    def stop(self) -> None:
        """As ``systemctl stop``: SIGTERM, and it is not started again."""
        self._stopping.set()
        if self.door and self.door.poll() is None:
            self.door.terminate()
        self._thread.join()
        self._log.close()
        self._socket.close()

    def _manage(self) -> None:
        while not self._stopping.is_set():
            self.door = self._started("door")
            if self._stopping.is_set():  # just now: it was not there to be told
                self.door.terminate()
            self.ends.append(self._attend(self.door))
            self._started("lock").wait()
            if self.ends[-1] == os.EX_CONFIG:
                return
            self._stopping.wait(self._restart_seconds)

    def _started(self, what: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", f"tests.faults.{what}", str(self._folder)]
        return subprocess.Popen(
            command, cwd=ROOT, env=self._environ, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log
        )

    def _attend(self, door: "subprocess.Popen[bytes]") -> int:
        """Until it ends; what is silent for too long, once it was ready, is ended."""
        heard_at: float | None = None
        while door.poll() is None:
            heard_at = self._hear(heard_at)
            if heard_at is not None and time.monotonic() - heard_at > self._watchdog_seconds:
                door.send_signal(signal.SIGABRT)
                door.send_signal(signal.SIGCONT)
                return door.wait()
        return door.returncode

    def _hear(self, heard_at: float | None) -> float | None:
        """When it gave the last sign of life; None as long as it was not ready."""
        try:
            message = self._socket.recv(4096).decode()
        except TimeoutError:
            return heard_at
        now = time.monotonic()
        if message == "READY=1":
            self.ready_at.append(now)
            return now
        if message.startswith("STATUS="):
            self.status = message.removeprefix("STATUS=")
        return now if message == "WATCHDOG=1" and heard_at is not None else heard_at
