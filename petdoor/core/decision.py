"""The decision: a pure function from what is seen, and when, to what the bolt does.

Times are seconds on one monotonic clock; only differences matter. The door counts what passes: a clock
that steps back loses no time that was counted, and none that passes from there.
"""

from dataclasses import replace
from math import inf
from typing import Final

from petdoor.core.contacts import UNWIRED, Contacts, Way
from petdoor.core.door import Door, Unlocked
from petdoor.core.events import (
    AnimalJudged,
    AnimalWaiting,
    Cause,
    CoilCooled,
    CoilHot,
    DoorLocked,
    DoorUnlocked,
    Emergency,
    Event,
    FlapFreed,
    FlapJammed,
    LockReason,
    Verdict,
)
from petdoor.core.policy import RETRY_MAX_SECONDS, Policy
from petdoor.core.species import Sighting, Species
from petdoor.core.visits import Visit, barred_in, judge, observe, verdict_on
from petdoor.core.waiting import Waiting

_RELOCK_FRAMES: Final = 2
"""Frames that must show a barred animal before the bolt falls behind one that is passing."""
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
        contacts: what the wires say.
    """
    door = _at(door, now)
    door = replace(
        door,
        visit=observe(door.visit, sighting, door.now, policy),
        flap=door.flap.seen(is_closed=contacts.flap_is_closed, now=door.now),
    )
    door, called = _called(door, contacts, policy)
    if door.unlocked:
        door, events = _while_unlocked(door, door.unlocked, sighting, policy)
    else:
        door, events = _while_locked(door, sighting, contacts, policy)
    door, waited = _waited(door, sighting, policy)
    return door, [*called, *events, *waited]


def lock(door: Door, now: float, reason: LockReason, policy: Policy) -> tuple[Door, list[Event]]:
    """Lock for a reason that is not in the picture; whatever was seen is forgotten.

    An emergency needs no eyes: only a door that stops ends it.
    """
    door = replace(_at(door, now), visit=None)
    needs_eyes = reason in {LockReason.CAMERA, LockReason.EYESIGHT}
    if door.unlocked is None or (needs_eyes and (door.is_called or door.unlocked.cause is not Cause.ANIMAL)):
        return door, []
    return _locked(door, door.unlocked, reason, policy)


def verdict(sighting: Sighting, policy: Policy) -> Verdict:
    """What a single picture deserves; the door itself never acts on one alone."""
    return verdict_on(sighting.species, barred_in((sighting,), policy), policy)


def _at(door: Door, clock: float) -> Door:
    passed = 0.0 if door.clock is None else max(0.0, clock - door.clock)
    return replace(door, clock=clock, now=door.now + passed)


def _called(door: Door, contacts: Contacts, policy: Policy) -> tuple[Door, list[Event]]:
    # A contact that chatters calls once: what is loose must not hold a door open for ever.
    if not contacts.emergency or door.is_called:
        return door, []
    hold_seconds = policy.emergency_seconds
    return replace(door, emergency_until=door.now + hold_seconds), [Emergency(hold_seconds)]


def _while_unlocked(
    door: Door, unlocked: Unlocked, sighting: Sighting | None, policy: Policy
) -> tuple[Door, list[Event]]:
    if sighting and sighting.species == unlocked.species:
        unlocked = replace(unlocked, seen_at=door.now)
    if not door.flap.is_closed:
        unlocked = replace(unlocked, was_opened=True)
    reason = _must_lock(unlocked, door, policy) or _may_lock(unlocked, door, policy)
    if reason:
        return _locked(door, unlocked, reason, policy)
    return replace(door, unlocked=unlocked), []


def _must_lock(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    """What cuts the coil's current, wherever the flap may hang."""
    if policy.heat and _left_seconds(unlocked, door, policy) <= 0:
        return LockReason.HEAT
    passed = door.now - unlocked.since
    if passed >= policy.max_unlock_seconds and not door.is_called:
        return LockReason.CAP
    # A flap that stays open will not be freed by a bolt that stays drawn.
    return LockReason.TIME if unlocked.cause is Cause.JAM and passed >= policy.unlock_seconds else None


def _may_lock(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    """Why the bolt may fall; but it falls behind a closed flap only, where a sensor tells."""
    if door.is_called or not door.flap.is_closed:
        return None
    if unlocked.cause is Cause.ANIMAL and _barred_shows(door.visit, policy):
        return LockReason.VETO
    if unlocked.was_opened and door.flap.has_settled(door.now, policy.settle_seconds):
        return LockReason.PASSAGE
    return LockReason.TIME if _is_over(unlocked, door, policy) else None


def _barred_shows(visit: Visit | None, policy: Policy) -> bool:
    shown = visit.window if visit else ()
    return sum(barred_in((sighting,), policy) is not None for sighting in shown) >= _RELOCK_FRAMES


def _is_over(unlocked: Unlocked, door: Door, policy: Policy) -> bool:
    """Whether the time is up; a coil that has spent half of what it bears waits for nobody."""
    half = policy.heat.energised_seconds / 2 if policy.heat else 0.0
    lingers = policy.heat is None or _left_seconds(unlocked, door, policy) > half
    gone = door.now - unlocked.seen_at >= policy.linger_seconds
    return (gone or not lingers) and door.now - unlocked.since >= policy.unlock_seconds


def _left_seconds(unlocked: Unlocked, door: Door, policy: Policy) -> float:
    spells = (*door.spells, (unlocked.since, door.now))
    return policy.heat.left_seconds(spells, door.now) if policy.heat else inf


def _locked(door: Door, unlocked: Unlocked, reason: LockReason, policy: Policy) -> tuple[Door, list[Event]]:
    # Whoever is still there must be confirmed anew: old frames say nothing about who stands there now.
    visit = door.visit and replace(door.visit, window=())
    spells = policy.heat.recent((*door.spells, (unlocked.since, door.now)), door.now) if policy.heat else ()
    rest_until = door.now + policy.refractory_seconds
    if reason is LockReason.VETO and door.visit:
        door = _certain(door, barred_in(door.visit.window, policy))
    door = replace(door, visit=visit, unlocked=None, rest_until=rest_until, spells=spells)
    return door, [DoorLocked(reason, door.now - unlocked.since)]


def _while_locked(
    door: Door, sighting: Sighting | None, contacts: Contacts, policy: Policy
) -> tuple[Door, list[Event]]:
    door, cooled = _cooled(door, policy)
    door, hung = _hung(door, policy)
    door, opened = _opened(door, contacts, policy)
    events = [*cooled, *hung, *opened]
    if door.unlocked or door.visit is None or sighting is None:
        return door, events
    door, told = _answered(door, door.visit, sighting, policy)
    return door, [*events, *told]


def _hung(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    """Whether the flap has closed behind the bolt in time, or has at last."""
    flap, now = door.flap, door.now
    if not flap.is_jammed and not flap.is_closed and now - flap.since >= policy.close_seconds:
        return replace(door, flap=flap.jammed(now, policy.retry_seconds)), [FlapJammed(now - flap.since)]
    if flap.is_jammed and flap.has_settled(now, policy.settle_seconds):
        return replace(door, flap=flap.freed()), [FlapFreed(now - flap.jammed_at)]
    return door, []


def _opened(door: Door, contacts: Contacts, policy: Policy) -> tuple[Door, list[Event]]:
    """The bolt is drawn for what needs no eyes."""
    if door.is_called:
        return _unlock(door, policy, DoorUnlocked(Cause.EMERGENCY, Way.OUT))
    if door.now < door.rest_until:
        return door, []
    if contacts.pressed:
        return _unlock(door, policy, DoorUnlocked(Cause.BUTTON, contacts.pressed))
    if door.flap.is_jammed and not door.flap.is_closed and door.now >= door.flap.retry_at:
        door = replace(door, flap=door.flap.retried(door.now, RETRY_MAX_SECONDS))
        return _unlock(door, policy, DoorUnlocked(Cause.JAM))
    return door, []


def _answered(door: Door, visit: Visit, sighting: Sighting, policy: Policy) -> tuple[Door, list[Event]]:
    """What the animal at the door hears, and gets."""
    judged = judge(visit, sighting.species, door.now, policy, kept_in=_just_kept_in(door, policy))
    if judged is None:
        return door, []
    if judged.species in policy.keep_in:
        door = _certain(door, judged.species)
    if judged.verdict is Verdict.ADMIT:
        return _admit(door, visit, judged, policy)
    if judged.verdict in visit.told:
        return door, []
    return replace(door, visit=visit.saying(judged.verdict)), [judged]


def _certain(door: Door, barred: Species | None) -> Door:
    """A barred species is there beyond doubt: it is not forgotten with the visit."""
    return replace(door, kept_in=barred, kept_in_at=door.now)


def _just_kept_in(door: Door, policy: Policy) -> Species | None:
    """The barred species that was there beyond doubt a moment ago; from behind it may look welcome."""
    return door.kept_in if door.now - door.kept_in_at < policy.veto_hold_seconds else None


def _admit(door: Door, visit: Visit, judged: AnimalJudged, policy: Policy) -> tuple[Door, list[Event]]:
    if door.now < door.rest_until or not policy.trusts_its_eyes:
        return door, []
    door, events = _unlock(door, policy, DoorUnlocked(Cause.ANIMAL, species=judged.species))
    if door.unlocked is None:
        return door, events
    return replace(door, visit=visit.saying(judged.verdict), waiting=Waiting()), [judged, *events]


def _unlock(door: Door, policy: Policy, how: DoorUnlocked) -> tuple[Door, list[Event]]:
    """Draw the bolt, if its coil bears another unlocking of the usual length."""
    if not _is_cool(door, policy):
        return _spared(door, policy)
    unlocked = Unlocked(how.cause, how.way, how.species, since=door.now, seen_at=door.now)
    return replace(door, unlocked=unlocked), [how]


def _is_cool(door: Door, policy: Policy) -> bool:
    return policy.heat is None or policy.heat.left_seconds(door.spells, door.now) >= policy.unlock_seconds


def _spared(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    """The bolt stays where it is; that is told once, until the coil has cooled."""
    if door.is_hot or policy.heat is None:
        return door, []
    wait_seconds = policy.heat.wait_seconds(door.spells, door.now, policy.unlock_seconds)
    return replace(door, is_hot=True), [CoilHot(wait_seconds)]


def _cooled(door: Door, policy: Policy) -> tuple[Door, list[Event]]:
    if door.is_hot and _is_cool(door, policy):
        return replace(door, is_hot=False), [CoilCooled()]
    return door, []


def _waited(door: Door, sighting: Sighting | None, policy: Policy) -> tuple[Door, list[Event]]:
    """Whether a welcome animal stands before the locked door, again and again."""
    species = sighting.species if sighting else None
    if species not in policy.admit or door.unlocked or door.visit is None:
        return door, []
    if door.visit.shows(species) < _SEEN_FRAMES:
        return door, []
    waiting = door.waiting.seen(door.now, policy.escalation)
    if not waiting.is_due(door.now, policy.escalation):
        return replace(door, waiting=waiting), []
    told = AnimalWaiting(species, len(waiting.seen_at), door.now - waiting.seen_at[0])
    return replace(door, waiting=waiting.told(door.now)), [told]
