"""Who stands at the door, from first to last sight, and what enough frames say of it."""

from collections import Counter
from dataclasses import dataclass, replace
from statistics import fmean

from petdoor.core.events import AnimalJudged, Verdict
from petdoor.core.policy import Policy
from petdoor.core.species import OTHER, Sighting, Species


@dataclass(frozen=True, slots=True)
class Visit:
    """The frames from first to last sight of whatever stands at the door.

    Attributes:
        began_at: when something was seen first.
        seen_at: when something was seen last.
        known_at: when a known animal was seen last, or the visit began.
        window: the newest frames.
        told: what was said so far.
        is_sent_away: the owner has locked the door before whoever is there.
    """

    began_at: float
    seen_at: float
    known_at: float
    window: tuple[Sighting, ...] = ()
    told: frozenset[Verdict] = frozenset()
    is_sent_away: bool = False

    def saying(self, verdict: Verdict) -> "Visit":
        """The visit once this was said."""
        return replace(self, told=self.told | {verdict})

    def shows(self, species: Species) -> int:
        """How many of the newest frames show this species."""
        return sum(sighting.species == species for sighting in self.window)


def observe(visit: Visit | None, sighting: Sighting | None, now: float, policy: Policy) -> Visit | None:
    """The visit after one more pass; it ends when nothing was seen for ``visit_gap_seconds``."""
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


def judge(
    visit: Visit, species: Species, now: float, policy: Policy, *, kept_in: Species | None
) -> AnimalJudged | None:
    """The judgement on the species of the newest frame, once enough frames agree with it.

    Args:
        visit: who stands there.
        species: what the newest frame shows.
        now: seconds.
        policy: the rules of the house.
        kept_in: a barred species that was there beyond doubt a moment ago.
    """
    agreeing = [s.confidence for s in visit.window if s.species == species]
    if len(agreeing) < policy.confirm_frames or _too_early(visit, species, now, policy):
        return None
    barred = barred_in(visit.window, policy) or kept_in
    verdict = verdict_on(species, barred, policy)
    return AnimalJudged(
        verdict=verdict,
        species=species,
        confidence=fmean(agreeing),
        agree=len(agreeing),
        frames=len(visit.window),
        vetoed_by=barred if species in policy.admit else None,
        probabilities=_mean_probabilities(visit.window),
        visit_seconds=now - visit.began_at,
        held_by=policy.held_back[species] if verdict is Verdict.HOLD else None,
        observed=not policy.moves_bolt,
    )


def verdict_on(species: Species, barred: Species | None, policy: Policy) -> Verdict:
    """What a species deserves, with a barred one in view or not."""
    if species in policy.keep_in or (species in policy.admit and barred):
        return Verdict.KEEP_IN
    if species not in policy.admit:
        return Verdict.REFUSE
    return Verdict.HOLD if species in policy.held_back else Verdict.ADMIT


def barred_in(window: tuple[Sighting, ...], policy: Policy) -> Species | None:
    """The barred species in view, be it beside a welcome one."""
    for species in sorted(policy.keep_in):
        if any(s.species == species or s.probability(species) >= policy.veto_confidence for s in window):
            return species
    return None


def _without_animal(visit: Visit) -> Visit:
    """The animal has gone, though rain or branches go on: the next one is told of anew, they are not."""
    told = frozenset({Verdict.REFUSE}) if visit.told else visit.told
    return replace(visit, told=told, is_sent_away=False)


def _too_early(visit: Visit, species: Species, now: float, policy: Policy) -> bool:
    """Nothing known is turned away only after a while, and not behind an animal already judged."""
    unknown = species == OTHER
    return unknown and (bool(visit.told) or now - visit.began_at < policy.refuse_after_seconds)


def _mean_probabilities(window: tuple[Sighting, ...]) -> dict[Species, float]:
    totals: Counter[Species] = Counter()
    for sighting in window:
        totals.update(sighting.probabilities)
    return {species: total / len(window) for species, total in totals.items()}
