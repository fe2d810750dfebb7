"""Builds the latch that the settings name; what locks a killed door's bolt needs no more than this."""

from petdoor import gpio
from petdoor.adapters import latch
from petdoor.settings.wiring import LatchSettings


def pin_factory(settings: LatchSettings) -> gpio.PinFactory:
    """The pins to drive: real ones wherever there is a GPIO chip.

    Raises:
        LatchError: there is a chip, but it cannot be driven.
    """
    if settings.pins == "simulated" or not gpio.gpio_chips():
        return gpio.simulated_pins()
    return gpio.real_pins()


def open_latch(settings: LatchSettings, factory: gpio.PinFactory) -> latch.SolenoidLatch | latch.ServoLatch:
    """The latch, locked.

    Raises:
        LatchError: its pin cannot be driven.
    """
    if settings.kind == "solenoid":
        return latch.SolenoidLatch(
            settings.pin,
            exit_pin=settings.exit_pin,
            active_high=settings.active_high,
            pin_factory=factory,
        )
    return latch.ServoLatch(settings.pin, **settings.servo.model_dump(), pin_factory=factory)
