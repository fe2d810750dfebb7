"""What the owner may tell the door from afar: absolute words, never a toggle; anything else is refused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from petdoor.core.contacts import Way
from petdoor.core.modes import Mode

MIN_THRESHOLD: Final = 0.5
MAX_THRESHOLD: Final = 0.99
"""Between which the threshold may be set from afar."""
_SHOWN_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class Lock:
    """Let the bolt fall as soon as the flap allows, and leave whoever stands there outside."""


@dataclass(frozen=True, slots=True)
class Unlock:
    """Draw the bolt for a moment."""

    way: Way = Way.IN


@dataclass(frozen=True, slots=True)
class CallEmergency:
    """Hold the door open for the time that an emergency has, or call it off."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class SetMode:
    """What the door is to do until further notice."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class SetThreshold:
    """From which probability on a species is believed."""

    threshold: float


@dataclass(frozen=True, slots=True)
class SetCurfew:
    """Whether the curfew's windows count."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class InstallModel:
    """Read settings and model anew, as on a reload."""


Order: TypeAlias = Lock | Unlock | CallEmergency | SetMode | SetThreshold | SetCurfew | InstallModel


class OrderError(ValueError):
    """It is no order that a door takes; the sentence says why."""


def parse(thing: str, word: str) -> Order:
    """The order that ``word`` is for a ``thing`` of the door.

    Args:
        thing: ``lock``, ``mode``, ``threshold``, ``curfew``, ``emergency`` or ``model``.
        word: what it is to be.

    Raises:
        OrderError: there is no such thing, or that is no word for it.
    """
    if thing not in THINGS:
        raise OrderError(f"there is no {shown(thing)} here; there are {', '.join(THINGS)}")
    return THINGS[thing](word)


def shown(word: str) -> str:
    """A stranger's word for the log, no longer than it needs to be."""
    return repr(word if len(word) <= _SHOWN_LENGTH else f"{word[:_SHOWN_LENGTH]}...")


def _chosen(orders: Mapping[str, Order]) -> Callable[[str], Order]:
    def order(word: str) -> Order:
        if word not in orders:
            raise OrderError(f"{shown(word)} is not one of {', '.join(orders)}")
        return orders[word]

    return order


def _threshold(word: str) -> Order:
    try:
        threshold = float(word)
    except ValueError:
        raise OrderError(f"{shown(word)} is no number") from None
    if not MIN_THRESHOLD <= threshold <= MAX_THRESHOLD:
        raise OrderError(f"{shown(word)} is not between {MIN_THRESHOLD:g} and {MAX_THRESHOLD:g}")
    return SetThreshold(threshold)


THINGS: Final[Mapping[str, Callable[[str], Order]]] = MappingProxyType(
    {
        "lock": _chosen({"LOCK": Lock(), "UNLOCK": Unlock()}),
        "mode": _chosen({mode.value: SetMode(mode) for mode in Mode}),
        "threshold": _threshold,
        "curfew": _chosen({"ON": SetCurfew(wanted=True), "OFF": SetCurfew(wanted=False)}),
        "emergency": _chosen({"ON": CallEmergency(wanted=True), "OFF": CallEmergency(wanted=False)}),
        "model": _chosen({"INSTALL": InstallModel()}),
    }
)
"""What can be told, and what makes an order of the word for it."""
