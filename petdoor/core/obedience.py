"""How an order for the bolt reaches it, and what came of it."""

from dataclasses import replace
from typing import Final

from petdoor.core.contacts import Contacts, Way
from petdoor.core.door import Door, Unlocked
from petdoor.core.locking import about_to_fall, left_seconds
from petdoor.core.orders import CallEmergency, Lock, Order, Unlock
from petdoor.core.policy import Policy

_OBSERVES: Final = "it only observes: the bolt is not moved"


def ordered(contacts: Contacts, order: Order | None) -> Contacts:
    """What the wires say, and the order beside it."""
    match order:
        case Lock():
            return replace(contacts, locks=True)
        case Unlock(way):
            return replace(contacts, opens=way)
        case CallEmergency(wanted):
            return replace(contacts, emergency=contacts.emergency or wanted, calms=not wanted)
        case _:
            return contacts


def refusal(order: Order, door: Door, policy: Policy) -> str:
    """Why an order was not obeyed, or not as usual, by the step it came with; empty when it was.

    Args:
        order: what was wanted.
        door: what the step made of the door.
        policy: the rules of the house.
    """
    match order:
        case Lock():
            return "an emergency is called" if door.is_called else ""
        case Unlock() | CallEmergency(wanted=True) if door.unlocked is None:
            return _why_locked(door, policy)
        case Unlock(way) if door.unlocked and not door.is_called:
            return _why_not_open(door.unlocked, way, door, policy)
        case _:
            return ""


def _why_not_open(unlocked: Unlocked, way: Way, door: Door, policy: Policy) -> str:
    """Why a bolt that is drawn was not taken over, or does not stay drawn for its usual time."""
    if not policy.moves_bolt:
        return _OBSERVES
    if about_to_fall(unlocked, door, policy):
        return "it is about to lock: ask again"
    if unlocked.way is not way:
        return "somebody is in the flap: ask again"
    seconds = left_seconds(unlocked, door, policy)
    return "" if seconds >= policy.unlock_seconds else f"it is open, but must lock in {seconds:.1f} s"


def _why_locked(door: Door, policy: Policy) -> str:
    if door.is_hot:
        return "the coil must cool first"
    if not policy.moves_bolt:
        return _OBSERVES
    rest_seconds = door.rest_seconds(policy.refractory_seconds)
    if rest_seconds > 0:
        return f"it rests after locking, for another {rest_seconds:.0f} s"
    return "the bolt has fallen again at once"
