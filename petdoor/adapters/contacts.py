"""Switches and sensors beside the bolt, through gpiozero: reed, beam, buttons, an emergency input."""

import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from gpiozero import Button

from petdoor.core.contacts import Contacts, Way
from petdoor.gpio import PinFactory, gpio_errors

log = logging.getLogger(__name__)

_FRESH_SECONDS: Final = 2.0
"""A press that the loop did not get to in this time is no longer meant."""
_STUCK_SECONDS: Final = 60.0
"""Nobody leans on a button for this long."""


class Role(StrEnum):
    """What a wire tells."""

    FLAP = "flap"
    BEAM = "beam"
    BUTTON_INSIDE = "button_inside"
    BUTTON_OUTSIDE = "button_outside"
    EMERGENCY = "emergency"


_OPENS: Final = {Role.BUTTON_INSIDE: Way.OUT, Role.BUTTON_OUTSIDE: Way.IN}
_PRESSED: Final = {*_OPENS, Role.EMERGENCY}


@dataclass(frozen=True, slots=True)
class Wire:
    """A contact between a pin and ground.

    Attributes:
        pin: BCM number; the Pi's own resistor pulls it up.
        closes: the contact closes when the flap hangs shut, the beam is broken, the button is pressed or the
            alarm rings; else it opens then.
        bounce_seconds: how long the contact chatters.
    """

    pin: int
    closes: bool = True
    bounce_seconds: float = 0.05


class WiredContacts:
    """All that is wired, asked once a pass.

    gpiozero tells of presses on a thread of its own, where only their time is written down.

    Args:
        wires: what is wired to which pin.
        pin_factory: gpiozero's.
        clock: monotonic seconds.

    Raises:
        LatchError: a pin cannot be had.
    """

    def __init__(
        self,
        wires: Mapping[Role, Wire],
        *,
        pin_factory: PinFactory,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._wires = dict(wires)
        self._devices: dict[Role, Any] = {}
        self._pressed_at: dict[Role, float] = {}
        self._held_since: dict[Role, float] = {}
        with ExitStack() as undo:
            for role, wire in wires.items():
                self._devices[role] = undo.enter_context(_opened(wire, pin_factory))
            undo.pop_all()
        for role in self._pressable:
            self._listen(role)

    @property
    def fault(self) -> str:
        """What is wrong with the wires; empty when nothing is."""
        now = self._clock()
        stuck = [role for role, since in self._held_since.items() if now - since >= _STUCK_SECONDS]
        names = " and ".join(f"{role} (GPIO {self._wires[role].pin})" for role in stuck)
        return f"{names}: pressed without end; does it stick, or is its wire broken?" if stuck else ""

    def read(self) -> Contacts:
        """What the wires say now, and what was pressed since they were asked last."""
        self._hold()
        pressed = [way for role, way in _OPENS.items() if self._was_pressed(role)]
        return Contacts(
            flap_is_closed=self._is(Role.FLAP, otherwise=True) and not self._is(Role.BEAM),
            pressed=pressed[0] if pressed else None,
            emergency=self._was_pressed(Role.EMERGENCY),
        )

    def close(self) -> None:
        """Let go of the pins; may be called twice."""
        for device in self._devices.values():
            device.close()

    @property
    def _pressable(self) -> list[Role]:
        return [role for role in self._wires if role in _PRESSED]

    def _hold(self) -> None:
        """Remember since when each button has been held down."""
        for role in self._pressable:
            if self._is(role):
                self._held_since.setdefault(role, self._clock())
            else:
                self._held_since.pop(role, None)

    def _listen(self, role: Role) -> None:
        device = self._devices[role]
        if self._wires[role].closes:
            device.when_pressed = lambda: self._press(role)
        else:
            device.when_released = lambda: self._press(role)

    def _press(self, role: Role) -> None:
        self._pressed_at[role] = self._clock()

    def _was_pressed(self, role: Role) -> bool:
        pressed_at = self._pressed_at.pop(role, None)
        return pressed_at is not None and self._clock() - pressed_at < _FRESH_SECONDS

    def _is(self, role: Role, *, otherwise: bool = False) -> bool:
        """Whether what the wire tells of is so."""
        if role not in self._devices:
            return otherwise
        return bool(self._devices[role].is_pressed) is self._wires[role].closes


def _opened(wire: Wire, pin_factory: PinFactory) -> Any:
    with gpio_errors(wire.pin):
        return Button(wire.pin, pull_up=True, bounce_time=wire.bounce_seconds, pin_factory=pin_factory)
