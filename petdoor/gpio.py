"""The pins of this machine, through gpiozero, and all that can go wrong with one."""

import atexit
import glob
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from gpiozero import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPWMPin

from petdoor.errors import LatchError

NO_BACK_END_ADVICE: Final = (
    "sudo apt install python3-lgpio, and let petdoor see it: python3 -m venv --system-site-packages"
)
"""Python 3.13 has no wheel of lgpio, and Raspberry Pi OS has its own package."""
_UNDRIVEN: Final = (
    "this machine has a GPIO chip, but its pins cannot be driven ({}). On a Raspberry Pi: {}. To run without "
    "a latch, set latch.pins to simulated"
)

PinFactory = Any
"""A gpiozero pin factory; gpiozero carries no types."""


def gpio_chips() -> list[str]:
    """The GPIO chips of this machine; none on most that are not a Raspberry Pi."""
    return sorted(glob.glob("/dev/gpiochip*"))


def simulated_pins() -> PinFactory:
    """Gpiozero's own mock pins: everything works but the bolt."""
    return MockFactory(pin_class=MockPWMPin)


def is_simulated(pin_factory: PinFactory) -> bool:
    """Whether the bolt is only pretended."""
    return isinstance(pin_factory, MockFactory)


@cache
def real_pins() -> PinFactory:
    """This machine's pins, always the same, through lgpio: the one back end that works on every Raspberry Pi.

    Raises:
        LatchError: the chip is there, but cannot be driven.
    """
    try:
        with _in_a_folder_of_its_own():
            from gpiozero.pins.lgpio import LGPIOFactory

            return LGPIOFactory()
    except ImportError as error:
        raise LatchError(_UNDRIVEN.format(error, NO_BACK_END_ADVICE)) from error
    except (OSError, GPIOZeroError, _chip_error()) as error:
        raise LatchError(_UNDRIVEN.format(error, "put this user into the group gpio")) from error


@contextmanager
def _in_a_folder_of_its_own() -> Iterator[None]:
    """Lgpio goes to its working folder when it is imported, and makes a pipe there: never in a shared one."""
    here = _here()
    folder = tempfile.mkdtemp(prefix="petdoor-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["LG_WD"] = folder
    try:
        yield
    finally:
        with suppress(OSError):  # closed to this user: no path there meant anything
            os.chdir(here)


def _here() -> str:
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return "/"  # it was taken away


def back_end() -> str:
    """What drives the real pins, by name and, where that is known, version."""
    try:
        return f"lgpio {metadata.version('lgpio')}"
    except metadata.PackageNotFoundError:
        return "lgpio"


def _chip_error() -> type[Exception]:
    """What lgpio raises, and gpiozero lets through; lgpio is there only where its pins are."""
    lgpio = sys.modules.get("lgpio")
    return lgpio.error if lgpio else OSError


@contextmanager
def gpio_errors(pin: int) -> Iterator[None]:
    """Whatever a pin raises, as the one error the door knows.

    Raises:
        LatchError: the pin cannot be had or driven.
    """
    try:
        yield
    except (GPIOZeroError, OSError, _chip_error()) as error:
        raise LatchError(f"GPIO {pin}: {error}") from error
