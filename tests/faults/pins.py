"""Pins whose level somebody else can see, and somebody else can have.

Byte N of a file is the level of GPIO N; who uses a pin holds a lock on that byte, as the kernel holds the
line for its user. A level outlives who set it: a coil does not fall because a process died.
"""

import fcntl
import mmap
import os
import threading
import time
from itertools import pairwise
from pathlib import Path

from gpiozero.pins.mock import MockFactory, MockPWMPin

PINS = 28


def make(path: Path) -> None:
    """All pins low, and free."""
    path.write_bytes(bytes(PINS))


def take(path: Path, pin: int) -> int:
    """Hold a pin; close what is returned to let it go.

    Raises:
        OSError: somebody else has it.
    """
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, pin)
    except OSError as error:
        os.close(file)
        raise OSError(error.errno, "GPIO busy") from error
    return file


class SharedPins(MockFactory):
    """gpiozero's mock pins over such a file; every process has its own factory, all have the same levels."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            levels = mmap.mmap(file.fileno(), PINS)

        class SharedPin(MockPWMPin):  # type: ignore[misc] -- gpiozero carries no types
            """A pin that is held, and shows its level."""

            def __init__(self, factory, info):  # type: ignore[no-untyped-def]
                self._held = take(path, _number(info))
                super().__init__(factory, info)

            def _set_state(self, value):  # type: ignore[no-untyped-def]
                super()._set_state(value)
                levels[_number(self.info)] = int(bool(value))

        super().__init__(pin_class=SharedPin)


def _number(info) -> int:  # type: ignore[no-untyped-def]
    return int(info.name.removeprefix("GPIO"))


class Watcher:
    """Looks at one pin a thousand times a second, from outside of whoever drives it.

    ``is_high`` is what was seen last, so that it and ``changes`` never tell different stories.
    """

    def __init__(self, path: Path, pin: int) -> None:
        self._pin = pin
        with path.open("r+b") as file:
            self._levels = mmap.mmap(file.fileno(), PINS, prot=mmap.PROT_READ)
        self.changes: list[tuple[float, bool]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self._thread.start()

    @property
    def is_high(self) -> bool:
        return bool(self.changes) and self.changes[-1][1]

    def low_after(self, moment: float) -> float | None:
        """When the pin was low for the first time from that moment on; None as long as it is not."""
        before = [level for at, level in self.changes if at <= moment]
        if not (before and before[-1]):
            return moment
        return next((at for at, level in self.changes if at > moment and not level), None)

    def longest_seconds(self) -> float:
        """The longest it was high without a break."""
        bounds = pairwise([*self.changes, (time.monotonic(), False)])
        return max((end - at for (at, level), (end, _) in bounds if level), default=0.0)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.001):
            self._look()
        self._look()

    def _look(self) -> None:
        level = bool(self._levels[self._pin])
        if level is not self.is_high:
            self.changes.append((time.monotonic(), level))
