"""How an order for the bolt reaches it, and what came of it."""

from dataclasses import replace
from typing import Final

from petdoor.core.contacts import Contacts
from petdoor.core.door import Door, Unlocked
from petdoor.core.events import Cause
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
    """Why an order was not obeyed by the step it came with; empty when it was.

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
        case Unlock() if door.unlocked and not door.is_called:
            return _why_not_taken_over(door.unlocked, policy)
        case _:
            return ""


def _why_not_taken_over(unlocked: Unlocked, policy: Policy) -> str:
    if not policy.moves_bolt:
        return _OBSERVES
    is_owners = unlocked.cause is Cause.COMMAND and not unlocked.falls_for
    return "" if is_owners else "it is about to lock: ask again"


def _why_locked(door: Door, policy: Policy) -> str:
    if door.is_hot:
        return "the coil must cool first"
    if not policy.moves_bolt:
        return _OBSERVES
    if door.now < door.rest_until:
        return f"it rests after locking, for another {door.rest_until - door.now:.0f} s"
    return "the bolt has fallen again at once"
