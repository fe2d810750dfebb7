"""Why a drawn bolt is to fall."""

from math import inf
from typing import Final

from petdoor.core.door import Door, Unlocked
from petdoor.core.events import Cause, LockReason
from petdoor.core.heat import Spell
from petdoor.core.policy import Policy
from petdoor.core.visits import Visit, barred_in

_RELOCK_FRAMES: Final = 2
"""Frames that must show a barred animal before the bolt falls behind one that is passing."""


def reason_to_lock(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    """Why the bolt is to fall now; None as long as it stays drawn.

    Args:
        unlocked: how it was drawn, up to this pass.
        door: the rest of the door.
        policy: the rules of the house.
    """
    if _coil_seconds(unlocked, door, policy) <= 0:
        return LockReason.HEAT
    return _may_lock(unlocked, door, policy) or _must_lock(unlocked, door, policy)


def about_to_fall(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    """Why it falls as soon as the flap allows, however much time is left; None when nothing makes it."""
    watches = unlocked.cause in {Cause.ANIMAL, Cause.JAM}
    seen = LockReason.VETO if watches and _barred_shows(door.visit, policy) else None
    return unlocked.falls_for or seen


def left_seconds(unlocked: Unlocked, door: Door, policy: Policy) -> float:
    """How long it may stay drawn at most, by the longest unlock and by its coil, without an emergency."""
    by_cap = policy.max_unlock_seconds - (door.now - unlocked.since)
    return min(by_cap, _coil_seconds(unlocked, door, policy))


def _may_lock(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    """Why the bolt may fall; but it falls behind a closed flap only, where a sensor tells."""
    if door.is_called or not door.flap.is_closed:
        return None
    if reason := about_to_fall(unlocked, door, policy):
        return reason
    if not _may_stay_open(unlocked, policy):
        return LockReason.HOLD
    if _is_through(unlocked, door, policy):
        return LockReason.PASSAGE
    return LockReason.TIME if _is_over(unlocked, door, policy) else None


def _must_lock(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    """What cuts the coil's current, wherever the flap may hang."""
    passed = door.now - unlocked.since
    # One that is called again as it ends does not go on for ever: a latch's last guard would fall in.
    longest = policy.max_unlock_seconds + (policy.emergency_seconds if door.is_called else 0.0)
    if passed >= longest:
        return LockReason.CAP
    if unlocked.cause is not Cause.JAM:
        return None
    # A flap that stays open will not be freed by a bolt that stays drawn.
    if _barred_shows(door.visit, policy):
        return LockReason.VETO
    return LockReason.TIME if passed >= policy.unlock_seconds else None


def _is_through(unlocked: Unlocked, door: Door, policy: Policy) -> bool:
    """Whether the flap has closed behind somebody, or one that was to be freed has fallen shut.

    Who stood in the beam already when the bolt was drawn, and steps back, has not gone through.
    """
    was_entered = unlocked.cause is Cause.JAM or door.flap.entered_at > unlocked.asked_at
    return was_entered and door.flap.has_settled(door.now, policy.settle_seconds)


def _may_stay_open(unlocked: Unlocked, policy: Policy) -> bool:
    """Whether the mode and the hour would have drawn the bolt now, too; they may have changed since."""
    match unlocked.cause:
        case Cause.EMERGENCY:
            return True
        case Cause.ANIMAL:
            return policy.moves_bolt and unlocked.species in policy.admit - policy.held_back.keys()
        case Cause.BUTTON | Cause.JAM:
            return policy.moves_bolt and policy.opens_for_buttons
        case Cause.COMMAND:
            return policy.moves_bolt


def _barred_shows(visit: Visit | None, policy: Policy) -> bool:
    shown = visit.window if visit else ()
    return sum(barred_in((sighting,), policy) is not None for sighting in shown) >= _RELOCK_FRAMES


def _is_over(unlocked: Unlocked, door: Door, policy: Policy) -> bool:
    """Whether the time is up; a coil that has spent half of what it bears waits for nobody."""
    half = policy.heat.energised_seconds / 2 if policy.heat else 0.0
    lingers = policy.heat is None or _coil_seconds(unlocked, door, policy) > half
    gone = door.now - unlocked.seen_at >= policy.linger_seconds
    return (gone or not lingers) and door.now - unlocked.asked_at >= policy.unlock_seconds


def _coil_seconds(unlocked: Unlocked, door: Door, policy: Policy) -> float:
    spells = (*door.spells, Spell(unlocked.since, door.now))
    return policy.heat.left_seconds(spells, door.now) if policy.heat else inf
