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

_BUTTON_QUIET_SECONDS: Final = 0.3
"""A button that was let go of for less before it is pressed chatters: it does not say so anew."""
_ALARM_QUIET_SECONDS: Final = 3.0
"""The same of an alarm, which may pause between two tones."""
_MOST_PRESSES: Final = 10
"""So many bursts within ``_WITHIN_SECONDS`` are meant; more come from a loose or wet wire ..."""
_WITHIN_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 10.0
"""... unless it was let alone for this long before: a dog that paws at it gives up now and then."""
_BURST_SECONDS: Final = 3.0
"""Presses that follow each other sooner are one burst."""
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
        quiet_seconds: for how long it must not have been pressed before it says so anew.
        is_held: it is pressed from the start, which says nothing.
        is_always_meant: however often it is pressed.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        quiet_seconds: float,
        is_held: bool,
        is_always_meant: bool = False,
    ) -> None:
        self._clock = clock
        self._quiet_seconds = quiet_seconds
        self._is_held = is_held
        self._is_always_meant = is_always_meant
        self._presses: deque[float] = deque(maxlen=_MOST_PRESSES)
        self._released_at = -inf
        self._restless_since = clock()
        self._meant: deque[float] = deque(maxlen=1)

    @property
    def is_quiet(self) -> bool:
        """It is not pressed, and was not a moment ago."""
        return not self._is_held and self._clock() - self._released_at >= self._quiet_seconds

    @property
    def restless_seconds(self) -> float:
        """For how long it has not been quiet, or was pressed too often."""
        is_calm = self.is_quiet and not self._is_pressed_too_often
        return 0.0 if is_calm else self._clock() - self._restless_since

    def begin(self) -> None:
        """It is pressed."""
        if self.is_quiet:
            self._note(self._clock())
        self._is_held = True

    def end(self) -> None:
        """It is let go of."""
        self._released_at = self._clock()
        self._is_held = False

    def _note(self, now: float) -> None:
        too_often = self._is_pressed_too_often
        if not too_often:
            self._restless_since = now
        if not too_often or now - self._released_at >= _PAUSE_SECONDS:
            self._meant.append(now)
        if not self._presses or now - self._presses[-1] >= _BURST_SECONDS:
            self._presses.append(now)

    @property
    def _is_pressed_too_often(self) -> bool:
        """One more press now would be one too many; those that were not meant count, too."""
        is_full = len(self._presses) == _MOST_PRESSES and not self._is_always_meant
        return is_full and self._clock() - self._presses[0] < _WITHIN_SECONDS

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
        pressed, seconds_ago = self._newest_press()
        return Contacts(
            flap_is_closed=self._is(Role.FLAP, otherwise=True),
            beam_is_broken=self._is(Role.BEAM, otherwise=False),
            pressed=pressed,
            pressed_seconds_ago=seconds_ago,
            rings=self._rings(),
        )

    def close(self) -> None:
        """Let go of the pins; may be called twice."""
        for device in self._devices.values():
            device.close()

    def _listened_to(self, role: Role, clock: Callable[[], float]) -> Press:
        device = self._devices[role]
        is_alarm = role is Role.EMERGENCY
        press = Press(
            clock,
            quiet_seconds=_ALARM_QUIET_SECONDS if is_alarm else _BUTTON_QUIET_SECONDS,
            is_held=self._is(role, otherwise=False),
            is_always_meant=is_alarm,
        )
        if self._wires[role].closes:
            device.when_pressed, device.when_released = press.begin, press.end
        else:
            device.when_pressed, device.when_released = press.end, press.begin
        return press

    def _newest_press(self) -> tuple[Way | None, float]:
        """The way of the button that was pressed last, and how many seconds ago; None where none was."""
        buttons = [(self._presses[role], way) for role, way in _OPENS.items() if role in self._presses]
        seconds_ago, way = min(((press.seconds_ago(), way) for press, way in buttons), default=(inf, None))
        return (way, seconds_ago) if seconds_ago < inf else (None, 0.0)

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
