"""The bolt, through gpiozero. Locked means no current: whatever dies, the door is shut."""

import glob
import os
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from gpiozero import AngularServo, GPIOZeroError, OutputDevice
from gpiozero.pins.mock import MockFactory, MockPWMPin

from petdoor.errors import LatchError

PinFactory = Any
"""A gpiozero pin factory; gpiozero carries no types."""


class _DeviceLatch(ABC):
    """What every latch on a gpiozero device has in common."""

    _device: Any

    @abstractmethod
    def lock(self) -> None: ...

    @abstractmethod
    def unlock(self) -> None: ...

    def close(self) -> None:
        if not self._device.closed:
            # Locked first: a closed pin becomes an input and keeps or floats to any level.
            try:
                self.lock()
            finally:
                self._device.close()


class SolenoidLatch(_DeviceLatch):
    """A solenoid or relay on one pin: energised while unlocked, and only then.

    Raises:
        LatchError: the pin cannot be had.
    """

    def __init__(self, pin: int, *, active_high: bool, pin_factory: PinFactory) -> None:
        with _gpio_errors(pin):
            self._device = OutputDevice(
                pin, active_high=active_high, initial_value=False, pin_factory=pin_factory
            )
        self._pin = pin

    def lock(self) -> None:
        with _gpio_errors(self._pin):
            self._device.off()

    def unlock(self) -> None:
        with _gpio_errors(self._pin):
            self._device.on()


class ServoLatch(_DeviceLatch):
    """A hobby servo that turns a bolt; its pulses stop once it has arrived, so it draws no current.

    A servo stays where it was when the power goes: use one that a spring returns, see the README.

    Args:
        pin: BCM number of a pin.
        locked_angle: degrees, -90..90.
        unlocked_angle: degrees, -90..90.
        travel_seconds: how long it takes from one to the other.
        pin_factory: gpiozero's.
        pause: waits that many seconds.

    Raises:
        LatchError: the pin cannot be had.
    """

    def __init__(
        self,
        pin: int,
        *,
        locked_angle: float,
        unlocked_angle: float,
        travel_seconds: float,
        pin_factory: PinFactory,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._pin = pin
        self._locked_angle = locked_angle
        self._unlocked_angle = unlocked_angle
        self._travel_seconds = travel_seconds
        self._pause = pause
        self._angle: float | None = None
        with _gpio_errors(pin):
            self._device = AngularServo(pin, initial_angle=None, pin_factory=pin_factory)
        try:
            self.lock()
        except LatchError:
            self._device.close()
            raise

    def lock(self) -> None:
        self._turn(self._locked_angle)

    def unlock(self) -> None:
        self._turn(self._unlocked_angle)

    def _turn(self, angle: float) -> None:
        if angle == self._angle:
            return
        self._angle = None  # unknown until it has arrived: what fails on the way is tried again
        with _gpio_errors(self._pin):
            self._device.angle = angle
            self._pause(self._travel_seconds)
            self._device.angle = None
        self._angle = angle


def gpio_chips() -> list[str]:
    """The GPIO chips of this machine; none on most that are not a Raspberry Pi."""
    return sorted(glob.glob("/dev/gpiochip*"))


def simulated_pins() -> PinFactory:
    """Gpiozero's own mock pins: everything works but the bolt."""
    return MockFactory(pin_class=MockPWMPin)


def is_simulated(pin_factory: PinFactory) -> bool:
    """Whether the bolt is only pretended."""
    return isinstance(pin_factory, MockFactory)


def real_pins() -> PinFactory:
    """This machine's pins, through lgpio: the one back end that works on every Raspberry Pi.

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
def _gpio_errors(pin: int) -> Iterator[None]:
    try:
        yield
    except (GPIOZeroError, OSError, _chip_error()) as error:
        raise LatchError(f"GPIO {pin}: {error}") from error
