"""The decision: a pure function from what is seen, and when, to what the bolt does.

Times are seconds on one monotonic clock; only differences matter. The door counts what passes: a clock
that steps back loses no time that was counted, and none that passes from there.
"""

from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from statistics import fmean
from typing import Final

from petdoor.core.events import (
    AnimalJudged,
    CoilCooled,
    CoilHot,
    DoorLocked,
    DoorUnlocked,
    Event,
    LockReason,
    Verdict,
)
from petdoor.core.heat import Spell
from petdoor.core.policy import Policy
from petdoor.core.species import OTHER, Sighting, Species

_RELOCK_FRAMES: Final = 2
"""Frames that must show a barred animal before the bolt falls behind one that is passing."""


class LatchState(StrEnum):
    """Where the bolt is; the words are those Home Assistant's lock expects."""

    LOCKED = "LOCKED"
    UNLOCKED = "UNLOCKED"


@dataclass(frozen=True, slots=True)
class Visit:
    """The frames from first to last sight of whatever stands at the door.

    Attributes:
        began_at: when something was seen first.
        seen_at: when something was seen last.
        known_at: when a known animal was seen last, or the visit began.
        window: the newest frames.
        told: what was said so far.
    """

    began_at: float
    seen_at: float
    known_at: float
    window: tuple[Sighting, ...] = ()
    told: frozenset[Verdict] = frozenset()


@dataclass(frozen=True, slots=True)
class Unlocked:
    """The bolt is drawn: for whom, since when, and when that animal was last seen."""

    species: Species
    since: float
    seen_at: float


@dataclass(frozen=True, slots=True)
class Door:
    """All the door remembers between two steps; a new one is locked.

    Attributes:
        clock: what the clock showed at the last step.
        now: the seconds counted since the first.
        visit: whoever is there.
        unlocked: the bolt is drawn.
        rest_until: no unlocking before.
        kept_in: the barred species that was there beyond doubt last, at ``kept_in_at``.
        spells: when the bolt was drawn, as far as the coil is still warm of it.
        is_hot: an unlocking was refused for its coil's sake, and the coil has not cooled yet.
    """

    clock: float | None = None
    now: float = 0.0
    visit: Visit | None = None
    unlocked: Unlocked | None = None
    rest_until: float = -inf
    kept_in: Species | None = None
    kept_in_at: float = -inf
    spells: tuple[Spell, ...] = ()
    is_hot: bool = False

    @property
    def latch(self) -> LatchState:
        return LatchState.UNLOCKED if self.unlocked else LatchState.LOCKED


def step(door: Door, sighting: Sighting | None, now: float, policy: Policy) -> tuple[Door, list[Event]]:
    """One pass: what the door becomes, and what happened.

    Args:
        door: the door as it was.
        sighting: what the newest frame shows; None when there is no frame, or nothing moves in it.
        now: monotonic seconds.
        policy: the rules of the house.
    """
    door = _at(door, now)
    door = replace(door, visit=_observe(door.visit, sighting, door.now, policy))
    if door.unlocked:
        return _while_unlocked(door, door.unlocked, sighting, policy)
    door, cooled = _cooled(door, policy)
    if door.visit and sighting:
        door, events = _while_locked(door, door.visit, sighting, policy)
        return door, [*cooled, *events]
    return door, cooled


def lock(door: Door, now: float, reason: LockReason, policy: Policy) -> tuple[Door, list[Event]]:
    """Lock for a reason that is not in the picture; whatever was seen is forgotten."""
    door = replace(_at(door, now), visit=None)
    if door.unlocked:
        return _locked(door, door.unlocked, reason, policy)
    return door, []


def verdict(sighting: Sighting, policy: Policy) -> Verdict:
    """What a single picture deserves; the door itself never acts on one alone."""
    return _verdict(sighting.species, _barred((sighting,), policy), policy)


def _at(door: Door, clock: float) -> Door:
    passed = 0.0 if door.clock is None else max(0.0, clock - door.clock)
    return replace(door, clock=clock, now=door.now + passed)


def _observe(visit: Visit | None, sighting: Sighting | None, now: float, policy: Policy) -> Visit | None:
    if visit and now - visit.seen_at > policy.visit_gap_seconds:
        visit = None
    if sighting is None:
        return visit
    visit = visit or Visit(began_at=now, seen_at=now, known_at=now)
    if sighting.species != OTHER:
        visit = replace(visit, known_at=now)
    elif now - visit.known_at > policy.visit_gap_seconds:
        visit = _without_animal(visit)
    return replace(visit, seen_at=now, window=(*visit.window, sighting)[-policy.window_frames :])


def _without_animal(visit: Visit) -> Visit:
    """The animal has gone, though rain or branches go on: the next one is told of anew, they are not."""
    return replace(visit, told=frozenset({Verdict.REFUSE}) if visit.told else visit.told)


def _while_unlocked(
    door: Door, unlocked: Unlocked, sighting: Sighting | None, policy: Policy
) -> tuple[Door, list[Event]]:
    if sighting and sighting.species == unlocked.species:
        unlocked = replace(unlocked, seen_at=door.now)
    reason = _reason_to_lock(unlocked, door, policy)
    if reason:
        return _locked(door, unlocked, reason, policy)
    return replace(door, unlocked=unlocked), []


def _reason_to_lock(unlocked: Unlocked, door: Door, policy: Policy) -> LockReason | None:
    visit, now = door.visit, door.now
    if visit and sum(_barred((s,), policy) is not None for s in visit.window) >= _RELOCK_FRAMES:
        return LockReason.VETO
    if now - unlocked.since >= policy.max_unlock_seconds:
        return LockReason.CAP
    if policy.heat and policy.heat.left_seconds((*door.spells, (unlocked.since, now)), now) <= 0:
        return LockReason.HEAT
    gone = now - unlocked.seen_at >= policy.linger_seconds
    if gone and now - unlocked.since >= policy.unlock_seconds:
        return LockReason.TIME
    return None


def _locked(door: Door, unlocked: Unlocked, reason: LockReason, policy: Policy) -> tuple[Door, list[Event]]:
    # Whoever is still there must be confirmed anew: old frames say nothing about who stands there now.
    visit = door.visit and replace(door.visit, window=())
    spells = policy.heat.recent((*door.spells, (unlocked.since, door.now)), door.now) if policy.heat else ()
    rest_until = door.now + policy.refractory_seconds
    if reason is LockReason.VETO and door.visit:
        door = _certain(door, _barred(door.visit.window, policy))
    door = replace(door, visit=visit, unlocked=None, rest_until=rest_until, spells=spells)
    return door, [DoorLocked(reason, door.now - unlocked.since)]


def _while_locked(door: Door, visit: Visit, sighting: Sighting, policy: Policy) -> tuple[Door, list[Event]]:
    judged = _judge(door, visit, sighting.species, policy)
    if judged is None:
        return door, []
    if judged.species in policy.keep_in:
        door = _certain(door, judged.species)
    if judged.verdict is Verdict.ADMIT:
        return _admit(door, judged, policy)
    if judged.verdict in visit.told:
        return door, []
    return _tell(door, visit, judged), [judged]


def _certain(door: Door, barred: Species | None) -> Door:
    """A barred species is there beyond doubt: it is not forgotten with the visit."""
    return replace(door, kept_in=barred, kept_in_at=door.now)


def _admit(door: Door, judged: AnimalJudged, policy: Policy) -> tuple[Door, list[Event]]:
    if door.now < door.rest_until or door.visit is None:
        return door, []
    if not _is_cool(door, policy):
        return _spared(door, policy)
    door = replace(
        _tell(door, door.visit, judged), unlocked=Unlocked(judged.species, since=door.now, seen_at=door.now)
    )
    return door, [judged, DoorUnlocked(judged.species)]


def _is_cool(door: Door, policy: Policy) -> bool:
    """Whether the coil bears another unlocking of the usual length."""
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


def _tell(door: Door, visit: Visit, judged: AnimalJudged) -> Door:
    return replace(door, visit=replace(visit, told=visit.told | {judged.verdict}))


def _judge(door: Door, visit: Visit, species: Species, policy: Policy) -> AnimalJudged | None:
    """The judgement on the species of the newest frame, once enough frames agree with it."""
    now = door.now
    agreeing = [s.confidence for s in visit.window if s.species == species]
    if len(agreeing) < policy.confirm_frames or _too_early(visit, species, now, policy):
        return None
    barred = _barred(visit.window, policy) or _just_kept_in(door, policy)
    return AnimalJudged(
        verdict=_verdict(species, barred, policy),
        species=species,
        confidence=fmean(agreeing),
        agree=len(agreeing),
        frames=len(visit.window),
        vetoed_by=barred if species in policy.admit else None,
        probabilities=_mean_probabilities(visit.window),
        visit_seconds=now - visit.began_at,
    )


def _too_early(visit: Visit, species: Species, now: float, policy: Policy) -> bool:
    """Nothing known is turned away only after a while, and not behind an animal already judged."""
    unknown = species == OTHER
    return unknown and (bool(visit.told) or now - visit.began_at < policy.refuse_after_seconds)


def _verdict(species: Species, barred: Species | None, policy: Policy) -> Verdict:
    if species in policy.admit:
        return Verdict.KEEP_IN if barred else Verdict.ADMIT
    return Verdict.KEEP_IN if species in policy.keep_in else Verdict.REFUSE


def _barred(window: tuple[Sighting, ...], policy: Policy) -> Species | None:
    """The barred species in view, be it beside a welcome one."""
    for species in sorted(policy.keep_in):
        if any(s.species == species or s.probability(species) >= policy.veto_confidence for s in window):
            return species
    return None


def _just_kept_in(door: Door, policy: Policy) -> Species | None:
    """The barred species that was there beyond doubt a moment ago; from behind it may look welcome."""
    return door.kept_in if door.now - door.kept_in_at < policy.veto_hold_seconds else None


def _mean_probabilities(window: tuple[Sighting, ...]) -> dict[Species, float]:
    totals: Counter[Species] = Counter()
    for sighting in window:
        totals.update(sighting.probabilities)
    return {species: total / len(window) for species, total in totals.items()}
