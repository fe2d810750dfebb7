"""What the door is told, beside what it sees: by its wires, and by its owner from afar."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """Which way the door opens; a door with one bolt opens both."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Contacts:
    """What the wires say at one pass, and the owner from afar; what is not wired says nothing.

    Attributes:
        flap_is_closed: the flap hangs shut.
        beam_is_broken: something stands where the flap swings.
        pressed: a button was pressed since the last pass: the way it opens.
        pressed_seconds_ago: how long ago that was.
        rings: the emergency input is closed, or was a moment ago; None where none is wired. It calls when it
            begins to: one that was closed from the start, or stays closed, is a broken wire and no emergency.
        emergency: the owner calls an emergency.
        opens: the owner wants the door open for a moment: the way it opens.
        locks: the owner wants the door locked now.
        calms: the owner calls the emergency off.
    """

    flap_is_closed: bool = True
    beam_is_broken: bool = False
    pressed: Way | None = None
    pressed_seconds_ago: float = 0.0
    rings: bool | None = None
    emergency: bool = False
    opens: Way | None = None
    locks: bool = False
    calms: bool = False


UNWIRED = Contacts()
