"""The decision: a pure function from what is seen, and when, to what the bolt does.

Times are seconds on one monotonic clock; only differences matter. The door counts what passes: a clock
that steps back loses no time that was counted, and none that passes from there.
"""

from dataclasses import replace
from typing import Final

from petdoor.core.contacts import UNWIRED, Contacts, Way
from petdoor.core.door import Door, Unlocked
from petdoor.core.events import (
    AnimalJudged,
    AnimalWaiting,
    Cause,
    DoorLocked,
    DoorUnlocked,
    Emergency,
    Event,
    FlapFreed,
    FlapJammed,
    LockReason,
    Verdict,
)
from petdoor.core.heat import Spell
from petdoor.core.locking import reason_to_lock
from petdoor.core.policy import Policy
from petdoor.core.species import Sighting, Species
from petdoor.core.unlocking import cooled, just_kept_in, opened, taken_over, unlock
from petdoor.core.visits import Visit, barred_in, judge, observe, verdict_on
from petdoor.core.waiting import Waiting

_SEEN_FRAMES: Final = 2
"""Frames that must show a welcome animal before it counts as waiting."""


def step(
    door: Door, sighting: Sighting | None, now: float, policy: Policy, contacts: Contacts = UNWIRED
) -> tuple[Door, list[Event]]:
    """One pass: what the door becomes, and what happened.

    Args:
        door: the door as it was.
        sighting: what the newest frame shows; None when there is no frame, or nothing moves in it.
        now: monotonic seconds.
        policy: the rules of the house.
        contacts: what the wires say, and the owner from afar.
    """
    door = _at(door, now)
    door = replace(
        door,
        visit=observe(door.visit, sighting, door.now, policy),
        flap=door.flap.seen(contacts, door.now, drawn=door.drawn),
    )
    door, called = _called(door, contacts, policy)
    asked: list[Event] = []
    if door.is_called:
        door = _held(door)
    elif contacts.locks:
        door = _sent_away(door)
    elif contacts.opens:
        door, asked = taken_over(door, contacts.opens, policy)
    if door.unlocked:
        door, events = _while_unlocked(door, door.unlocked, sighting, policy)
    else:
        door, events = _while_locked(door, sighting, contacts, policy)
    door, waited = _waited(door, sighting, policy)
    return door, [*called, *(asked if door.unlocked else ()), *events, *waited]


def lock(door: Door, now: float, reason: LockReason, policy: Policy) -> tuple[Door, list[Event]]:
    """Lock for a reason that is not in the picture; whatever was seen is forgotten.

    A door that stops locks at once. One that sees no longer locks behind an animal, as soon as the flap
    allows; an emergency, a button and the owner's word need no eyes.
    """
    door = replace(_at(door, now), visit=None)
    if door.unlocked is None:
        return door, []
    if reason is LockReason.STOP:
        return _locked(door, door.unlocked, reason, policy)
    if door.unlocked.cause is not Cause.ANIMAL:
        return door, []
    return _left_or_locked(door, replace(door.unlocked, falls_for=reason), policy)


def verdict(sighting: Sighting, policy: Policy) -> Verdict:
    """What a single picture deserves; the door itself never acts on one alone."""
    return verdict_on(sighting.species, barred_in((sighting,), policy), policy)


def _at(door: Door, clock: float) -> Door:
    passed = 0.0 if door.clock is None else max(0.0, clock - door.clock)
    return replace(door, clock=clock, now=door.now + passed)


def _called(door: Door, contacts: Contacts, policy: Policy) -> tuple[Door, list[Event]]:
    calls = contacts.emergency or (contacts.rings and door.listens)
    door = replace(door, listens=contacts.rings is False)
    if contacts.calms and door.is_called:
        door = replace(_to_fall(door), emergency_until=door.now)
    if not calls or door.is_called:
        return door, []
    hold_seconds = policy.emergency_seconds
    return replace(door, emergency_until=door.now + hold_seconds), [Emergency(hold_seconds)]


def _held(door: Door) -> Door:
    """An emergency holds a bolt that is drawn already, whatever for, and opens the way out."""
    if door.unlocked is None:
        return door
    unlocked = replace(door.unlocked, cause=Cause.EMERGENCY, way=Way.OUT, species=None, falls_for=None)
    return replace(door, unlocked=unlocked)


def _sent_away(door: Door) -> Door:
    """Told to lock: the bolt falls when it may, and is not drawn again for whoever stands there."""
    visit = door.visit and replace(door.visit, is_sent_away=True)
    return replace(_to_fall(door), visit=visit)


def _to_fall(door: Door) -> Door:
    return replace(door, unlocked=door.unlocked and replace(door.unlocked, falls_for=LockReason.COMMAND))


def _while_unlocked(
    door: Door, unlocked: Unlocked, sighting: Sighting | None, policy: Policy
) -> tuple[Door, list[Event]]:
    if sighting and sighting.species == unlocked.species:
        unlocked = replace(unlocked, seen_at=door.now)
    return _left_or_locked(door, unlocked, policy)


def _left_or_locked(door: Door, unlocked: Unlocked, policy: Policy) -> tuple[Door, list[Event]]:
    reason = reason_to_lock(unlocked, door, policy)
    if reason:
        return _locked(door, unlocked, reason, policy)
    return replace(door, unlocked=unlocked), []


def _locked(door: Door, unlocked: Unlocked, reason: LockReason, policy: Policy) -> tuple[Door, list[Event]]:
    # Whoever is still there must be confirmed anew: old frames say nothing about who stands there now.
    visit = door.visit and replace(door.visit, window=())
    spell = Spell(unlocked.since, door.now, unlocked.way)
    spells = policy.heat.recent((*door.spells, spell), door.now) if policy.heat else ()
    if reason is LockReason.VETO and door.visit:
        door = _certain(door, barred_in(door.visit.window, policy))
    flap = door.flap.left(door.now)
    door = replace(door, visit=visit, unlocked=None, fell_at=door.now, spells=spells, flap=flap)
    return door, [DoorLocked(reason, door.now - unlocked.since)]


def _while_locked(
    door: Door, sighting: Sighting | None, contacts: Contacts, policy: Policy
) -> tuple[Door, list[Event]]:
    door, rested = cooled(door, policy)
    door, hung = _hung(door, policy)
    door, drawn = opened(door, contacts, policy)
    events = [*rested, *hung, *drawn]
    if door.unlocked or door.visit is None or sighting is None:
        return door, events
    door, told = _answered(door, door.visit, sighting, policy)
    return door, [*events, *told]


def _hung(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    """Whether the flap has closed behind the bolt in time, or has at last."""
    flap, now = door.flap, door.now
    stood_seconds = now - flap.stands_since
    if not flap.is_jammed and flap.stands_open and flap.hung_seconds(now) >= policy.close_seconds:
        return replace(door, flap=flap.jammed(now, policy.retry_seconds)), [FlapJammed(stood_seconds)]
    if flap.is_jammed and not flap.stands_open and stood_seconds >= policy.settle_seconds:
        return replace(door, flap=flap.freed()), [FlapFreed(now - flap.jammed_at)]
    return door, []


def _answered(door: Door, visit: Visit, sighting: Sighting, policy: Policy) -> tuple[Door, list[Event]]:
    """What the animal at the door hears, and gets."""
    judged = judge(visit, sighting.species, door.now, policy, kept_in=just_kept_in(door, policy))
    if judged is None:
        return door, []
    if judged.species in policy.keep_in:
        door = _certain(door, judged.species)
    if judged.verdict is Verdict.ADMIT and policy.moves_bolt:
        return _admit(door, visit, judged, policy)
    if judged.verdict in visit.told:
        return door, []
    return replace(door, visit=visit.saying(judged.verdict)), [judged]


def _certain(door: Door, barred: Species | None) -> Door:
    """A barred species is there beyond doubt: it is not forgotten with the visit."""
    return replace(door, kept_in=barred, kept_in_at=door.now)


def _admit(door: Door, visit: Visit, judged: AnimalJudged, policy: Policy) -> tuple[Door, list[Event]]:
    is_resting = door.rest_seconds(policy.refractory_seconds) > 0
    if is_resting or visit.is_sent_away or not policy.trusts_its_eyes:
        return door, []
    door, events = unlock(door, policy, DoorUnlocked(Cause.ANIMAL, species=judged.species))
    if door.unlocked is None:
        return door, events
    return replace(door, visit=visit.saying(judged.verdict), waiting=Waiting()), [judged, *events]


def _waited(door: Door, sighting: Sighting | None, policy: Policy) -> tuple[Door, list[Event]]:
    """Whether a welcome animal stands before the locked door, again and again."""
    species = sighting.species if sighting else None
    if species not in policy.admit or door.unlocked or door.visit is None or not policy.moves_bolt:
        return door, []
    if door.visit.shows(species) < _SEEN_FRAMES:
        return door, []
    waiting = door.waiting.seen(door.now, policy.escalation)
    if not waiting.is_due(door.now, policy.escalation):
        return replace(door, waiting=waiting), []
    told = AnimalWaiting(species, len(waiting.seen_at), door.now - waiting.seen_at[0])
    return replace(door, waiting=waiting.told(door.now)), [told]
