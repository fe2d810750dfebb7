"""The bolt, through gpiozero. Locked means no current: whatever dies, the door is shut."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from gpiozero import AngularServo, OutputDevice

from petdoor.core.contacts import Way
from petdoor.errors import LatchError
from petdoor.gpio import PinFactory, gpio_errors


class SolenoidLatch:
    """A solenoid or relay on one pin: energised while unlocked, and only then.

    Two coils, one for the way in and one for the way out, are never energised at once: together they draw
    more than the supply gives, and open more than was meant.

    Args:
        pin: BCM number of the coil's pin; with a second coil, of the way in.
        exit_pin: that of the way out, where that has a coil of its own.
        active_high: the coil is energised by a high pin.
        pin_factory: gpiozero's.

    Raises:
        LatchError: a pin cannot be had.
    """

    def __init__(
        self, pin: int, *, exit_pin: int | None = None, active_high: bool, pin_factory: PinFactory
    ) -> None:
        self._coils: dict[int, Any] = {}
        self._pin_of = {Way.IN: pin, Way.OUT: pin if exit_pin is None else exit_pin}
        with ExitStack() as undo:
            for number in dict.fromkeys(self._pin_of.values()):
                with gpio_errors(number):
                    self._coils[number] = undo.enter_context(
                        OutputDevice(
                            number, active_high=active_high, initial_value=False, pin_factory=pin_factory
                        )
                    )
            undo.pop_all()

    def lock(self) -> None:
        with ExitStack() as each:  # a coil that does not obey must not keep the other from falling
            for number in self._coils:
                each.callback(self._rest, number)

    def unlock(self, way: Way = Way.IN) -> None:
        wanted = self._pin_of[way]
        for number in self._coils:
            if number != wanted:
                self._rest(number)
        with gpio_errors(wanted):
            self._coils[wanted].on()

    def close(self) -> None:
        with ExitStack() as each:
            for number, coil in self._coils.items():
                if not coil.closed:
                    # Locked first: a closed pin becomes an input and keeps or floats to any level.
                    each.callback(coil.close)
                    each.callback(self._rest, number)

    def _rest(self, number: int) -> None:
        with gpio_errors(number):
            self._coils[number].off()


class ServoLatch:
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
        with gpio_errors(pin):
            self._device = AngularServo(pin, initial_angle=None, pin_factory=pin_factory)
        try:
            self.lock()
        except LatchError:
            self._device.close()
            raise

    def lock(self) -> None:
        self._turn(self._locked_angle)

    def unlock(self, way: Way = Way.IN) -> None:  # noqa: ARG002 -- one bolt opens both ways
        self._turn(self._unlocked_angle)

    def close(self) -> None:
        if not self._device.closed:
            try:
                self.lock()
            finally:
                self._device.close()

    def _turn(self, angle: float) -> None:
        if angle == self._angle:
            return
        self._angle = None  # unknown until it has arrived: what fails on the way is tried again
        with gpio_errors(self._pin):
            self._device.angle = angle
            self._pause(self._travel_seconds)
            self._device.angle = None
        self._angle = angle
