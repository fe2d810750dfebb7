"""What draws the bolt without eyes, and whether its coil bears it."""

from dataclasses import replace
from typing import Final

from petdoor.core.contacts import Contacts, Way
from petdoor.core.door import Door, Unlocked
from petdoor.core.events import Cause, CoilCooled, CoilHot, DoorUnlocked, Event
from petdoor.core.locking import about_to_fall
from petdoor.core.policy import Policy
from petdoor.core.species import Species

_MEANT_SECONDS: Final = 3.0
"""A press of a button is no longer meant after this time, whether the bolt rested or the loop was slow."""


def opened(door: Door, contacts: Contacts, policy: Policy) -> tuple[Door, list[Event]]:
    """The bolt is drawn for what needs no eyes."""
    door = _pressed(door, contacts, policy)
    if door.is_called:
        return unlock(door, policy, DoorUnlocked(Cause.EMERGENCY, Way.OUT))
    if contacts.locks or door.rest_seconds(policy.refractory_seconds) > 0 or not policy.moves_bolt:
        return door, []
    if contacts.opens:
        return unlock(door, policy, DoorUnlocked(Cause.COMMAND, contacts.opens))
    # Whatever needs no eyes and no owner is for a door that a button opens.
    if not policy.opens_for_buttons:
        return door, []
    if door.pressed:
        return unlock(door, policy, DoorUnlocked(Cause.BUTTON, door.pressed))
    return _freed(door, policy)


def unlock(door: Door, policy: Policy, how: DoorUnlocked) -> tuple[Door, list[Event]]:
    """Draw the bolt, if its coil bears another unlocking of the usual length."""
    if not _is_cool(door, policy):
        return _spared(door, policy)
    now = door.now
    unlocked = Unlocked(how.cause, how.way, how.species, since=now, asked_at=now, seen_at=now)
    return replace(door, unlocked=unlocked, pressed=None), [how]


def taken_over(door: Door, way: Way, policy: Policy) -> tuple[Door, list[Event]]:
    """The owner wants a bolt drawn that is drawn already: it is, their way, and its usual time begins anew.

    What the coil has felt of it counts on, and one that is about to fall does fall. Nor is another coil drawn
    behind an open flap: the bolt of this one would fall behind whoever is in it. It is told, unless the owner
    had it drawn that way already.
    """
    before = door.unlocked
    if before is None or not policy.moves_bolt or about_to_fall(before, door, policy):
        return door, []
    if policy.has_two_coils and way is not before.way and not door.flap.is_closed:
        return door, []
    how = DoorUnlocked(Cause.COMMAND, way)
    unlocked = replace(before, cause=how.cause, way=way, species=None, asked_at=door.now, seen_at=door.now)
    is_news = (before.cause, before.way) != (how.cause, how.way)
    return replace(door, unlocked=unlocked), [how] if is_news else []


def cooled(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    """Whether a coil that was too hot bears an unlocking again."""
    if door.is_hot and _is_cool(door, policy):
        return replace(door, is_hot=False), [CoilCooled()]
    return door, []


def just_kept_in(door: Door, policy: Policy) -> Species | None:
    """The barred species that was there beyond doubt a moment ago; from behind it may look welcome."""
    recent = door.now - door.kept_in_at < policy.veto_hold_seconds
    return door.kept_in if recent and door.kept_in in policy.keep_in else None


def _pressed(door: Door, contacts: Contacts, policy: Policy) -> Door:
    """The newest press, kept while the bolt rests; one that a button may not open for now is not kept.

    Told to lock, all that was pressed by then is forgotten.
    """
    if contacts.pressed:
        door = replace(door, pressed=contacts.pressed, pressed_at=door.now - contacts.pressed_seconds_ago)
    is_meant = door.now - door.pressed_at <= _MEANT_SECONDS and not contacts.locks
    is_obeyed = is_meant and policy.moves_bolt and policy.opens_for_buttons
    return door if is_obeyed else replace(door, pressed=None)


def _freed(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    """Let a flap that was left open fall shut, while nobody is there to go through."""
    way = door.flap.way_to_free(door.now)
    if way is None or door.visit or just_kept_in(door, policy) or not policy.trusts_its_eyes:
        return door, []
    door, events = unlock(door, policy, DoorUnlocked(Cause.JAM, way))
    return (replace(door, flap=door.flap.tried(door.now)) if door.unlocked else door), events


def _is_cool(door: Door, policy: Policy) -> bool:
    return policy.heat is None or policy.heat.left_seconds(door.spells, door.now) >= policy.unlock_seconds


def _spared(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    """The bolt stays where it is; that is told once, until the coil has cooled."""
    if door.is_hot or policy.heat is None:
        return door, []
    wait_seconds = policy.heat.wait_seconds(door.spells, door.now, policy.unlock_seconds)
    return replace(door, is_hot=True), [CoilHot(wait_seconds)]
