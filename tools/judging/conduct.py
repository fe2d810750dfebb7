"""How the door is to behave while a model is judged."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.policy import Policy
from petdoor.core.species import CAT, DOG, OTHER, MassRule, Species, SpeciesRule, Top1Rule
from petdoor.errors import ConfigError, ModelError


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the door is to behave while it is judged; None leaves the door's own way.

    Attributes:
        admit: species that may pass.
        keep_in: species that bar the door.
        method: ``mass`` or ``top1``.
        threshold: for the mass rule, instead of the model's own.
    """

    admit: frozenset[Species] | None = None
    keep_in: frozenset[Species] | None = None
    method: str = "mass"
    threshold: float | None = None


def policy_for(model: Path, classifier: TFLiteClassifier, conduct: Conduct) -> tuple[Policy, list[str]]:
    """The door's policy with these wishes, and what had to be left out of it.

    Raises:
        ModelError: the model knows nothing of a species that is to be admitted or kept in.
        ConfigError: species are to be admitted and kept in at once, or it is wished that nobody pass.
    """
    if conduct.admit is not None and not conduct.admit:
        raise ConfigError("no species is named that may pass; name one with --admit")
    known = set(classifier.ranges)
    admit = frozenset({DOG}) & known if conduct.admit is None else conduct.admit
    keep_in = frozenset({CAT}) - admit if conduct.keep_in is None else conduct.keep_in
    if not admit <= known:
        raise ModelError(
            f"{model}: knows nothing called {_listed(admit - known)}; "
            f"it can admit: {_listed(known)} (choose with --admit)"
        )
    if conduct.keep_in is not None and not keep_in <= known:
        raise ModelError(
            f"{model}: knows nothing called {_listed(keep_in - known)}; "
            f"it can keep in: {_listed(known)} (choose with --keep-in)"
        )
    notes = [
        f"the model knows nothing called {name}: no such animal bars the door here"
        for name in in_order(keep_in - known)
    ]
    if not admit:
        notes.append(f"nobody is admitted; the model knows {_listed(known)} (choose with --admit)")
    try:
        policy = Policy(admit=admit, keep_in=keep_in & known)
        return policy if classifier.veto is None else replace(policy, veto_confidence=classifier.veto), notes
    except ValueError as error:
        raise ConfigError(str(error)) from error


def rule_for(classifier: TFLiteClassifier, conduct: Conduct) -> SpeciesRule:
    """The rule that is wished for, over the model's ranges.

    Raises:
        ConfigError: a threshold for the top-1 rule, which has none.
    """
    if conduct.method == "top1":
        if conduct.threshold is not None:
            raise ConfigError("the top1 rule has no threshold; it goes with the mass rule only")
        return Top1Rule(classifier.ranges)
    return MassRule(classifier.ranges, conduct.threshold or classifier.threshold)


def in_order(names: Iterable[Species]) -> tuple[Species, ...]:
    """Each species once: dog, cat, the rest by the alphabet, other last."""
    places = {DOG: 0, CAT: 1, OTHER: 3}
    return tuple(sorted(set(names), key=lambda name: (places.get(name, 2), name)))


def _listed(names: Iterable[Species]) -> str:
    return ", ".join(in_order(names))
