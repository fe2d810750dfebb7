"""A door at work before a drawn yard, with camera, broker and disk that can be broken."""

import contextlib
import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from petdoor import modelfile
from tests.brokers import Listener, Mosquitto
from tests.conftest import ROOT
from tests.faults import camera, pins
from tests.faults.manager import Manager

PIN = 17
CAP_SECONDS = 20.0
"""``policy.max_unlock_seconds`` by default; nothing may keep the pin high for longer, and a little."""
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Pace:
    """How patient the service manager is, and for how long the door opens."""

    watchdog_seconds: float
    restart_seconds: float
    unlock_seconds: float = 5.0


class FaultError(AssertionError):
    """The door did not do what it must."""


class Trial:
    """One door in a folder of its own; ``start`` lets it run.

    Args:
        folder: where all of it lies.
        pace: how patient everybody is.
        settings: for the door, beside those that it has here.
    """

    def __init__(self, folder: Path, pace: Pace, settings: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.disk = folder / "disk"
        self.model = folder / "door.tflite"
        self._pace = pace
        self._closing = contextlib.ExitStack()
        self.disk.mkdir()
        shutil.copyfile(modelfile.SHIPPED, self.model)
        (folder / "bin").mkdir()
        program = folder / "bin" / "rpicam-vid"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.faults.camera "$@"\n')
        program.chmod(0o755)
        pins.make(folder / "pins")
        camera.draw(folder)
        self.sets_clock(0.0)
        self.shows("empty")
        self.broker = Mosquitto(folder)
        self.broker.start()
        self._closing.callback(self._stop_broker)
        self.listener = Listener(self.broker.port)
        self._closing.callback(self.listener.close)
        self.watcher = pins.Watcher(folder / "pins", PIN)
        self._closing.callback(self.watcher.close)
        self.manager: Manager | None = None
        self.settle(settings or {})

    def _stop_broker(self) -> None:
        self.broker.stop()  # the one there is by then

    def settle(self, more: dict[str, Any]) -> None:
        """Write the settings; sections are added to, not replaced."""
        settings: dict[str, dict[str, Any]] = {
            "camera": {"source": "picamera:0", "width": camera.WIDTH, "height": camera.HEIGHT},
            "model": {"path": str(self.model)},
            "policy": {"refractory_seconds": 1.0, "unlock_seconds": self._pace.unlock_seconds},
            "mqtt": {"host": "127.0.0.1", "port": self.broker.port},
            "snapshots": {"folder": str(self.disk / "seen")},
        }
        for section, values in more.items():
            settings[section] = {**settings.get(section, {}), **values}
        (self.folder / "config.yaml").write_text(yaml.safe_dump(settings))

    def start(self) -> None:
        """Start the door; it may take a while until it watches."""
        path = f"{self.folder / 'bin'}:/usr/bin:/bin"
        environ = {
            "PATH": path,
            "FAULTS_FOLDER": str(self.folder),
            "RUNTIME_DIRECTORY": str(self.disk),
            "STATE_DIRECTORY": str(self.folder / "state"),
            "PYTHONPATH": str(ROOT),
        }
        self.manager = Manager(
            self.folder,
            watchdog_seconds=self._pace.watchdog_seconds,
            restart_seconds=self._pace.restart_seconds,
            environ=environ,
        )
        self._closing.callback(self.manager.stop)

    @property
    def door(self) -> int:
        """The process of the door."""
        assert self.manager
        assert self.manager.door
        return self.manager.door.pid

    @property
    def said(self) -> str:
        assert self.manager
        return self.manager.said

    @property
    def starts(self) -> int:
        """How often the door has come to watch."""
        assert self.manager
        return len(self.manager.ready_at)

    def shows(self, mode: str) -> None:
        """What the camera sees from now on."""
        self._write("mode", mode)

    def sets_clock(self, seconds: float) -> None:
        """By how much the time of day is wrong."""
        self._write("clock", str(seconds))

    def _write(self, name: str, text: str) -> None:
        part = self.folder / f"{name}.part"
        part.write_text(text)
        part.replace(self.folder / name)

    def until(self, is_so: Callable[[], object], what: str) -> float:
        """Wait, and say for how many seconds.

        Raises:
            FaultError: in vain.
        """
        began = time.monotonic()
        waiting = threading.Event()
        while not is_so():
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise FaultError(f"never: {what}; the door said:\n{self.said}")
            waiting.wait(0.01)
        return time.monotonic() - began

    def hears(self, words: str, *, after: int = 0) -> str:
        """The line of the log that holds these words, once it is there."""
        self.until(lambda: words in self.said[after:], words)
        return next(line for line in self.said[after:].splitlines() if words in line)

    def watches(self, starts: int = 1) -> float:
        """Wait until the door has come to watch for so many times."""
        return self.until(lambda: self.starts >= starts, "the door watches")

    def opens(self) -> float:
        """A dog comes; how long until the door is open for it."""
        self.shows("dog")
        return self.until(lambda: self.watcher.is_high, "the door opens for a dog")

    def locks(self) -> float:
        """The yard is empty; how long until the door is locked."""
        self.shows("empty")
        return self.until(lambda: not self.watcher.is_high, "the door locks")

    def safe_after(self, moment: float) -> float:
        """How long after that moment the pin was low for the first time."""
        self.until(lambda: self.watcher.low_after(moment) is not None, "the pin is low")
        low = self.watcher.low_after(moment)
        assert low is not None
        return low - moment

    def works_again(self) -> None:
        """The door lets a dog in, as if nothing had been."""
        self.locks()
        self.opens()
        self.locks()

    def close(self) -> None:
        """Stop all.

        Raises:
            FaultError: the pin was high for longer than it may, or is.
        """
        self._closing.close()
        longest = self.watcher.longest_seconds()
        if self.watcher.is_high or longest > CAP_SECONDS + 1.0:
            raise FaultError(f"the pin was high for {longest:.1f} s, and ends {self.watcher.is_high}")
