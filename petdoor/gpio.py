"""The pins of this machine, through gpiozero, and all that can go wrong with one."""

import glob
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from gpiozero import GPIOZeroError
from gpiozero.pins.mock import MockFactory, MockPWMPin

from petdoor.errors import LatchError

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
    # lgpio makes a pipe in its working folder as soon as it is imported, and dies where it may not.
    os.environ.setdefault("LG_WD", tempfile.gettempdir())
    try:
        from gpiozero.pins.lgpio import LGPIOFactory

        return LGPIOFactory()
    except (ImportError, OSError, GPIOZeroError, _chip_error()) as error:
        raise LatchError(
            f"this machine has a GPIO chip, but its pins cannot be driven ({error}). On a Raspberry Pi: "
            "pip install lgpio, and put this user into the group gpio. To run without a latch, set "
            "latch.pins to simulated"
        ) from error


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
