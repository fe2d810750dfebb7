"""What the owner wants of the door for now, and why a welcome animal may have to wait."""

from enum import StrEnum


class Mode(StrEnum):
    """What the owner wants of the door until further notice.

    An emergency, and the owner's own word to open, are obeyed in every mode but one: a door that observes
    obeys an emergency alone.
    """

    AUTO = "auto"
    """It decides by the rules of the house."""
    LOCKED = "locked"
    """It opens for no animal and no button."""
    UNLOCKED = "unlocked"
    """It opens for every animal it knows, for a moment each: a coil cannot stay energised."""
    OBSERVE = "observe"
    """It decides and tells, but the bolt is not moved."""


class Hold(StrEnum):
    """Why a welcome animal is not let in now."""

    CURFEW = "curfew"
    MODE = "mode"
