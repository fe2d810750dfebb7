"""How the door is to behave while a model is judged."""

from dataclasses import dataclass, replace
from pathlib import Path

from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.door import Policy
from petdoor.core.species import CAT, DOG, MassRule, Species, SpeciesRule, Top1Rule
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
        ModelError: the model knows nothing of a species that is to be admitted.
        ConfigError: species are to be admitted and kept in at once.
    """
    known = set(classifier.ranges)
    admit = frozenset({DOG}) & known if conduct.admit is None else conduct.admit
    keep_in = frozenset({CAT}) - admit if conduct.keep_in is None else conduct.keep_in
    if not admit <= known:
        raise ModelError(
            f"{model}: knows nothing called {_listed(admit - known)}; "
            f"it can admit: {_listed(known)} (choose with --admit)"
        )
    notes = [
        f"the model knows nothing called {name}: no such animal bars the door here"
        for name in sorted(keep_in - known)
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


def _listed(names: frozenset[Species] | set[Species]) -> str:
    return ", ".join(sorted(names))
