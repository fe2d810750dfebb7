"""A model's whole record on labelled photos, judged as the door would; and where two models differ."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from petdoor.adapters.classifier import RUNTIME, TFLiteClassifier
from petdoor.classify import Unreadable
from petdoor.core.events import Verdict
from petdoor.core.policy import Policy
from petdoor.core.species import OTHER, MassRule, Species, SpeciesRule
from petdoor.errors import PetDoorError
from tools.console import Teller
from tools.data.dataset import Dataset
from tools.data.taxonomy import labels_of
from tools.judging import metrics
from tools.judging.conduct import Conduct, in_order, policy_for, rule_for
from tools.judging.judge import (
    TOP,
    Judged,
    admission_probability,
    is_vetoed,
    judge,
    unmatched,
    welcome_probability,
)
from tools.judging.metrics import ClassFigures, Latency, Rate, Roc, ThresholdCurve
from tools.judging.visits import admitted_visits

_NAMED_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is counted.

    Attributes:
        false_accept: of the photos of species that may not pass, those the door admits.
        false_refuse: of the photos of species that may pass, those it does not admit.
        admitted: by true species, the photos admitted.
        visits: the same when each photo is a visit of several frames; None when that was not asked for.
        seen_rightly: photos in which the right species is seen.
        species: which species was taken for which.
        top1: photos whose true class is the most probable one; None when the model lacks a class.
        top5: photos whose true class is among the five most probable.
        classes: which class of the data set was taken for which.
        curve: both kinds of mistake at other thresholds of the mass rule.
        roc: how well the probability alone tells who may pass; None with one kind of photo.
        latency: time for one photo.
    """

    false_accept: Rate
    false_refuse: Rate
    admitted: dict[Species, Rate]
    visits: dict[Species, Rate] | None
    seen_rightly: Rate
    species: ClassFigures
    top1: Rate | None
    top5: Rate | None
    classes: ClassFigures | None
    curve: ThresholdCurve
    roc: Roc | None
    latency: Latency


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One model on one data set.

    Attributes:
        model: the file, and ``model_id`` its content hash, ``size_bytes`` its size.
        runtime: the interpreter, which decides how fast it is.
        class_count: how many classes the model knows.
        rule: from probabilities to a species.
        policy: who may pass.
        dataset: the photos.
        judged: every photo that could be read.
        unreadable: the others, and why.
        figures: what came of it.
        notes: what a reader of the figures has to know.
    """

    model: Path
    model_id: str
    size_bytes: int
    runtime: str
    class_count: int
    rule: SpeciesRule
    policy: Policy
    dataset: Dataset
    judged: tuple[Judged, ...]
    unreadable: tuple[Unreadable, ...]
    figures: Figures
    notes: tuple[str, ...]

    @property
    def threshold(self) -> float | None:
        """The mass rule's threshold; None under the top-1 rule, which has none."""
        return self.rule.threshold if isinstance(self.rule, MassRule) else None

    @property
    def class_names(self) -> tuple[str, ...]:
        """The data set's classes for people: behind ImageNet's numbers stand their names."""
        return _spoken(self.dataset.classes)

    def expected(self, truth: Species) -> Species:
        """What the model ought to see in a photo of this species."""
        return truth if truth in self.rule.ranges else OTHER

    def is_door_right(self, photo: Judged) -> bool:
        """Whether exactly those are admitted who may pass."""
        return (photo.verdict is Verdict.ADMIT) == (photo.truth in self.policy.admit)


def evaluate(
    model: Path,
    dataset: Dataset,
    *,
    species: Sequence[Species],
    teller: Teller,
    conduct: Conduct | None = None,
    threads: int = 1,
    has_visits: bool = False,
) -> Evaluation:
    """Judge every photo with the door's own classifier and rule, and count.

    Args:
        model: the model file.
        dataset: labelled photos.
        species: the species of each of the data set's classes.
        teller: told how far it is.
        conduct: how the door behaves; the default is its own way.
        threads: CPU threads for one inference.
        has_visits: judge each photo as a visit of several frames, too.

    Raises:
        ModelError: the model cannot be used, or knows nothing of a species that is to be admitted.
        ConfigError: species are to be admitted and kept in at once.
        PetDoorError: there is no photo, or none can be read.
    """
    classifier, policy, rule, notes = _opened(model, conduct or Conduct(), threads)
    judged, unreadable = judge(classifier, rule, policy, dataset, species=species, teller=teller)
    if not judged:
        raise PetDoorError(
            f"{dataset.source}: none of {len(dataset.examples)} pictures can be read: {unreadable[0].error}"
            if unreadable
            else f"{dataset.source}: there is no picture to judge"
        )
    visits = admitted_visits(classifier, rule, policy, judged, teller=teller) if has_visits else None
    return Evaluation(
        model=model,
        model_id=classifier.model_id,
        size_bytes=model.stat().st_size,
        runtime=f"{RUNTIME}, {threads} thread{'s' if threads > 1 else ''}",
        class_count=len(classifier.labels),
        rule=rule,
        policy=policy,
        dataset=dataset,
        judged=judged,
        unreadable=unreadable,
        figures=_figures(judged, dataset.classes, classifier, policy, visits),
        notes=(*notes, *_class_notes(dataset, classifier), *_truth_notes(judged, classifier)),
    )


def make_sure_of(model: Path, conduct: Conduct) -> None:
    """Find out before any photo is judged whether this model can be judged so.

    Raises:
        ModelError: the model cannot be used, or knows nothing of a species that is named.
        ConfigError: what is wished for does not go together.
    """
    _opened(model, conduct, threads=1)


def _opened(
    model: Path, conduct: Conduct, threads: int
) -> tuple[TFLiteClassifier, Policy, SpeciesRule, list[str]]:
    classifier = TFLiteClassifier(model, threads=threads)
    policy, notes = policy_for(model, classifier, conduct)
    return classifier, policy, rule_for(classifier, conduct), notes


@dataclass(frozen=True, slots=True)
class Difference:
    """One photo that two models judge differently."""

    one: Judged
    other: Judged

    @property
    def is_about_admission(self) -> bool:
        """Whether only one of the two models lets the animal in."""
        return (self.one.verdict is Verdict.ADMIT) != (self.other.verdict is Verdict.ADMIT)


def differences(one: Evaluation, other: Evaluation) -> tuple[Difference, ...]:
    """Every photo with another verdict, another species, or another class of the data set.

    Those that only one of the two admits come first.
    """
    others = {photo.path: photo for photo in other.judged}
    pairs = [(photo, others[photo.path]) for photo in one.judged if photo.path in others]
    found = [Difference(a, b) for a, b in pairs if _do_differ(a, b)]
    return tuple(sorted(found, key=lambda difference: not difference.is_about_admission))


def _do_differ(one: Judged, other: Judged) -> bool:
    if (one.verdict, one.sighting.species) != (other.verdict, other.sighting.species):
        return True
    # A model without the data's classes ranks none, and cannot disagree about them.
    have_classes = one.rank is not None and other.rank is not None
    return have_classes and one.predicted != other.predicted


def _figures(
    judged: Sequence[Judged],
    classes: Sequence[str],
    classifier: TFLiteClassifier,
    policy: Policy,
    visits: Sequence[bool] | None,
) -> Figures:
    admitted = np.array([photo.verdict is Verdict.ADMIT for photo in judged])
    admission = metrics.Admission(
        np.array([admission_probability(photo.sighting, policy) for photo in judged]),
        np.array([photo.truth in policy.admit for photo in judged]),
        np.array([is_vetoed(photo.sighting, policy) for photo in judged]),
    )
    truths = np.array([photo.truth for photo in judged])
    names = in_order((*classifier.ranges, OTHER))
    expected = [names.index(truth if truth in names else OTHER) for truth in truths.tolist()]
    seen = [names.index(photo.sighting.species) for photo in judged]
    ranks = [photo.rank for photo in judged if photo.rank is not None]
    return Figures(
        false_accept=metrics.rate_of(admitted[~admission.is_welcome]),
        false_refuse=metrics.rate_of(~admitted[admission.is_welcome]),
        admitted=_by_species(admitted, truths),
        visits=None if visits is None else _by_species(np.array(visits), truths),
        seen_rightly=metrics.rate_of(np.equal(expected, seen)),
        species=metrics.class_figures(names, expected, seen),
        top1=metrics.rate_of(np.less_equal(ranks, 1)) if ranks else None,
        top5=metrics.rate_of(np.less_equal(ranks, TOP)) if ranks else None,
        classes=_class_figures(judged, classes) if ranks else None,
        curve=metrics.threshold_curve(admission),
        roc=metrics.roc(
            admission.is_welcome, [welcome_probability(photo.sighting, policy) for photo in judged]
        ),
        latency=metrics.latency([photo.inference_ms for photo in judged]),
    )


def _by_species(admitted: NDArray[np.bool_], truths: NDArray[np.str_]) -> dict[Species, Rate]:
    return {name: metrics.rate_of(admitted[truths == name]) for name in in_order(truths.tolist())}


def _class_figures(judged: Sequence[Judged], classes: Sequence[str]) -> ClassFigures:
    predicted = [len(classes) if photo.predicted is None else photo.predicted for photo in judged]
    return metrics.class_figures(_spoken(classes), [photo.label for photo in judged], predicted)


def _spoken(classes: Sequence[str]) -> tuple[str, ...]:
    pairs = zip(classes, labels_of(classes), strict=True)
    return tuple(name if name == label else f"{name} {label}" for name, label in pairs)


def _class_notes(dataset: Dataset, classifier: TFLiteClassifier) -> list[str]:
    missing = unmatched(dataset.classes, classifier.labels)
    if not missing:
        return []
    more = f" and {len(missing) - _NAMED_AT_MOST} more" if len(missing) > _NAMED_AT_MOST else ""
    named = f"{', '.join(missing[:_NAMED_AT_MOST])}{more}"
    return [f"the model has no class called {named}: judged by species only, without top-1 and top-5"]


def _truth_notes(judged: Sequence[Judged], classifier: TFLiteClassifier) -> list[str]:
    truths = Counter(photo.truth for photo in judged if photo.truth not in (*classifier.ranges, OTHER))
    return [
        f"the model knows nothing called {name}: it is right when it sees 'other' in those {count} photos"
        for name, count in sorted(truths.items())
    ]
