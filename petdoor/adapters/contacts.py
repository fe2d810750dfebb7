"""Switches and sensors beside the bolt, through gpiozero: reed, beam, buttons, an emergency input."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from math import inf
from typing import Any, Final

from gpiozero import Button

from petdoor.core.contacts import Contacts, Way
from petdoor.gpio import PinFactory, gpio_errors

_FRESH_SECONDS: Final = 2.0
"""A press of a button that the loop did not get to in this time is no longer meant."""
_QUIET_SECONDS: Final = 3.0
"""A contact that was open for less before it closed chatters: it does not say so anew."""
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


class Press:
    """What one contact that is pressed has said; it is told by gpiozero's thread, and asked by the loop's.

    Args:
        clock: monotonic seconds.
        is_held: it is pressed from the start, which says nothing.
    """

    def __init__(self, clock: Callable[[], float], *, is_held: bool) -> None:
        self._clock = clock
        self._is_held = is_held
        self._released_at = -inf
        self._restless_since = clock()
        self._meant: deque[float] = deque(maxlen=1)

    @property
    def is_quiet(self) -> bool:
        """It is not pressed, and was not a moment ago."""
        return not self._is_held and self._clock() - self._released_at >= _QUIET_SECONDS

    @property
    def restless_seconds(self) -> float:
        """For how long it has not been quiet."""
        return 0.0 if self.is_quiet else self._clock() - self._restless_since

    def begin(self) -> None:
        """It is pressed."""
        if self.is_quiet:
            self._restless_since = self._clock()
            self._meant.append(self._restless_since)
        self._is_held = True

    def end(self) -> None:
        """It is let go of."""
        self._released_at = self._clock()
        self._is_held = False

    def seconds_ago(self) -> float:
        """How long ago it was pressed and meant; ``inf`` when it was not, since it was asked last."""
        return self._clock() - self._meant.pop() if self._meant else inf


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
        self._wires = dict(wires)
        self._devices: dict[Role, Any] = {}
        with ExitStack() as undo:
            for role, wire in wires.items():
                self._devices[role] = undo.enter_context(_opened(wire, pin_factory))
            undo.pop_all()
        self._presses = {role: self._listened_to(role, clock) for role in wires if role in _PRESSED}

    @property
    def fault(self) -> str:
        """What is wrong with the wires; empty when nothing is."""
        stuck = [role for role, press in self._presses.items() if press.restless_seconds >= _STUCK_SECONDS]
        names = " and ".join(f"{role} (GPIO {self._wires[role].pin})" for role in stuck)
        why = "pressed without end; does it stick or chatter, or is its wire broken?"
        return f"{names}: {why}" if stuck else ""

    def read(self) -> Contacts:
        """What the wires say now, and what was pressed since they were asked last."""
        pressed = [way for role, way in _OPENS.items() if self._was_pressed(role)]
        return Contacts(
            flap_is_closed=self._is(Role.FLAP, otherwise=True),
            beam_is_broken=self._is(Role.BEAM, otherwise=False),
            pressed=pressed[0] if pressed else None,
            rings=self._rings(),
        )

    def close(self) -> None:
        """Let go of the pins; may be called twice."""
        for device in self._devices.values():
            device.close()

    def _listened_to(self, role: Role, clock: Callable[[], float]) -> Press:
        device = self._devices[role]
        press = Press(clock, is_held=self._is(role, otherwise=False))
        if self._wires[role].closes:
            device.when_pressed, device.when_released = press.begin, press.end
        else:
            device.when_pressed, device.when_released = press.end, press.begin
        return press

    def _was_pressed(self, role: Role) -> bool:
        return role in self._presses and self._presses[role].seconds_ago() < _FRESH_SECONDS

    def _rings(self) -> bool | None:
        """An alarm is heard however late; one that came and went since the last pass, too."""
        alarm = self._presses.get(Role.EMERGENCY)
        return None if alarm is None else alarm.seconds_ago() < inf or not alarm.is_quiet

    def _is(self, role: Role, *, otherwise: bool) -> bool:
        """Whether what the wire tells of is so."""
        if role not in self._devices:
            return otherwise
        return bool(self._devices[role].is_pressed) is self._wires[role].closes


def _opened(wire: Wire, pin_factory: PinFactory) -> Any:
    with gpio_errors(wire.pin):
        return Button(wire.pin, pull_up=True, bounce_time=wire.bounce_seconds, pin_factory=pin_factory)
