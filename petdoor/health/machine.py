"""The machine itself: what it is, its clock, disk, heat, and what this user may use."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from petdoor import __version__
from petdoor.adapters.classifier import RUNTIME
from petdoor.adapters.thermometer import celsius
from petdoor.health.finding import Finding, Level
from petdoor.health.folder import nearest

_ANSWER_SECONDS: Final = 5.0
_LITTLE_SPACE_BYTES: Final = 200_000_000
_HOT_CELSIUS: Final = 80.0
"""From here on a Raspberry Pi slows down (its documentation, "Frequency management and thermal control")."""

_NOW: Final = {
    0: "the supply's voltage is too low",
    1: "the processor is kept slow",
    2: "the processor is throttled",
    3: "the processor is kept slow for its heat",
}
"""Bits of ``vcgencmd get_throttled``, by its documentation; 16 higher: it has been so since the start."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where to look.

    Attributes:
        root: the folder that holds ``sys`` and ``dev``.
        path: where programs are looked for; None is the user's own PATH.
    """

    root: Path = Path("/")
    path: str | None = None

    def answer(self, *command: str) -> str | None:
        """What a program says; None where it is missing, fails or takes too long."""
        program = shutil.which(command[0], path=self.path)
        if program is None:
            return None
        try:
            said = subprocess.run(
                [program, *command[1:]], capture_output=True, text=True, check=True, timeout=_ANSWER_SECONDS
            )
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
            return None
        return said.stdout.strip()

    def devices(self, pattern: str) -> list[Path]:
        """The devices of this name."""
        return sorted((self.root / "dev").glob(pattern))


def examine(machine: Machine, folder: Path) -> Iterator[Finding]:
    """All about the machine; ``folder`` is where petdoor writes."""
    yield Finding("petdoor", Level.OK, f"version {__version__}")
    yield _python()
    yield Finding("interpreter", Level.OK, f"{RUNTIME} {metadata.version(RUNTIME)}")
    yield _allowed(machine, "gpio", "gpiochip*", "GPIO chip")
    yield _allowed(machine, "video", "video*", "camera")
    yield _freed_pins(machine)
    yield _clock(machine)
    yield _disk(folder)
    yield _temperature(machine)
    yield _power(machine)


def _python() -> Finding:
    bits = sys.maxsize.bit_length() + 1
    return Finding(
        "python",
        Level.OK,
        f"{platform.python_version()}, {platform.machine()}, {bits} bit, {sys.executable}",
    )


def _allowed(machine: Machine, group: str, pattern: str, what: str) -> Finding:
    """Whether this user may use the devices that belong to the group."""
    found = machine.devices(pattern)
    if not found:
        return Finding(f"group {group}", Level.SKIP, f"no {what} here: no {machine.root}dev/{pattern}")
    barred = [str(path) for path in found if not os.access(path, os.R_OK | os.W_OK)]
    if barred:
        return Finding(
            f"group {group}",
            Level.FAIL,
            f"this user may not use {', '.join(barred)}",
            f"sudo usermod -aG {group} {os.environ.get('USER', '$USER')}, then log in anew; the service "
            "itself is in that group",
        )
    return Finding(f"group {group}", Level.OK, f"this user may use {', '.join(map(str, found))}")


def _freed_pins(machine: Machine) -> Finding:
    """What the kernel does with the pins of a process that dies.

    Raspberry Pi kernels keep an output driven (raspberrypi/linux#6117), unless the driver in use says N; the
    other model's driver, which is there too, says Y all the same.
    """
    files = (machine.root / "sys/module").glob("pinctrl_*/parameters/persist_gpio_outputs")
    told = [path.read_text("utf-8").strip() for path in files if os.access(path, os.R_OK)]
    if not told:
        return Finding("freed pins", Level.SKIP, "this kernel does not say what becomes of them")
    if "N" in told:
        return Finding("freed pins", Level.OK, "the kernel lets go of the pins of whoever dies")
    return Finding(
        "freed pins",
        Level.NOTE,
        "the kernel keeps the coil of a door that was killed drawn, until petdoor lock lets it fall",
        "add dtparam=strict_gpiod to /boot/firmware/config.txt, and restart the machine",
    )


def _clock(machine: Machine) -> Finding:
    told = machine.answer("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if told is None:
        return Finding("clock", Level.SKIP, "nobody here says whether the clock is right")
    if told == "yes":
        return Finding("clock", Level.OK, "synchronised")
    return Finding(
        "clock",
        Level.NOTE,
        "not synchronised: events and curfews may carry the wrong time",
        "sudo timedatectl set-ntp true, and look whether the Pi reaches the network",
    )


def _disk(folder: Path) -> Finding:
    there = nearest(folder)
    if os.statvfs(there).f_flag & os.ST_RDONLY:
        return Finding(
            "disk",
            Level.FAIL,
            f"{there} can only be read",
            "a card that became read-only is often worn out: look at dmesg, and have a new one ready",
        )
    free = shutil.disk_usage(there).free
    said = f"{free / 1e9:.1f} GB free in {there}"
    if free >= _LITTLE_SPACE_BYTES:
        return Finding("disk", Level.OK, said)
    return Finding("disk", Level.NOTE, said, "make room, or lower snapshots.keep")


def _temperature(machine: Machine) -> Finding:
    warm = celsius(machine.root / "sys/class/thermal")
    if warm is None:
        return Finding("temperature", Level.SKIP, "no sensor here")
    said = f"{warm:.0f} degrees Celsius"
    if warm < _HOT_CELSIUS:
        return Finding("temperature", Level.OK, said)
    return Finding("temperature", Level.NOTE, said, "give the Pi a heat sink, shade or air: it is slow now")


def _power(machine: Machine) -> Finding:
    told = machine.answer("vcgencmd", "get_throttled") or ""
    number = told.partition("=")[2]
    if not number.startswith("0x"):
        return Finding("power", Level.SKIP, "not a Raspberry Pi, or vcgencmd does not answer")
    bits = int(number, 16)
    now = [words for bit, words in _NOW.items() if bits >> bit & 1]
    past = [words for bit, words in _NOW.items() if bits >> (bit + 16) & 1]
    advice = "use the Pi's own power supply, and another one for the coil"
    if now:
        return Finding("power", Level.FAIL, "; ".join(now), advice)
    if past:
        return Finding("power", Level.NOTE, f"well now, but since the start: {'; '.join(past)}", advice)
    return Finding("power", Level.OK, "never too little, never throttled")
