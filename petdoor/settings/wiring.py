"""The settings of what is wired: the bolt and its pins, and the contacts beside it."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from petdoor.core.heat import HeatBudget
from petdoor.settings.common import GpioPin, Seconds, Section


class ServoSettings(Section):
    """Where the servo's arm stands, in degrees."""

    locked_angle: Annotated[float, Field(ge=-90, le=90)] = -45.0
    unlocked_angle: Annotated[float, Field(ge=-90, le=90)] = 45.0
    travel_seconds: Annotated[float, Field(gt=0, le=5)] = 0.6


class LatchSettings(Section):
    """The bolt and its pin."""

    kind: Literal["solenoid", "servo"] = "solenoid"
    pin: GpioPin = 17
    exit_pin: GpioPin | None = None
    active_high: bool = True
    pins: Literal["auto", "simulated"] = "auto"
    duty_cycle: Annotated[float, Field(gt=0, le=1)] = 0.25
    duty_window_seconds: Seconds = 600.0
    servo: ServoSettings = ServoSettings()

    @field_validator("exit_pin")
    @classmethod
    def _is_another_coil(cls, exit_pin: int | None, info: ValidationInfo) -> int | None:
        if exit_pin is not None and info.data.get("kind") == "servo":
            raise ValueError("a servo has one pin; leave it out")
        if exit_pin is not None and exit_pin == info.data.get("pin"):
            raise ValueError("that is latch.pin already; leave it out where one coil opens both ways")
        return exit_pin

    @property
    def heat(self) -> HeatBudget | None:
        """What the coil can bear; a servo whose pulses have stopped stays cold."""
        return HeatBudget(self.duty_cycle, self.duty_window_seconds) if self.kind == "solenoid" else None


class WireSettings(Section):
    """A contact between a pin and ground: see ``Wire``."""

    pin: GpioPin
    closes: bool = True


class ContactSettings(Section):
    """What is wired to the door beside its bolt."""

    flap: WireSettings | None = None
    beam: WireSettings | None = None
    button_inside: WireSettings | None = None
    button_outside: WireSettings | None = None
    emergency: WireSettings | None = None

    @property
    def wires(self) -> dict[str, WireSettings]:
        """What is wired, by its key."""
        return {name: wire for name in type(self).model_fields if (wire := getattr(self, name))}
