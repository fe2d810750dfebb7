"""What is wired to the door beside its bolt: a flap's sensor, buttons, an emergency input."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """Which way the door opens; a door with one bolt opens both."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Contacts:
    """What the wires say at one pass; what is not wired says nothing.

    Attributes:
        flap_is_closed: the flap hangs shut, and nothing stands in its beam.
        pressed: a button was pressed since the last pass: the way it opens.
        emergency: the emergency input has closed since the last pass. One that was closed from the start, or
            stays closed, is a broken wire and no emergency.
    """

    flap_is_closed: bool = True
    pressed: Way | None = None
    emergency: bool = False


UNWIRED = Contacts()
