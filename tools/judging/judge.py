"""Labelled photos before the door's own classifier, rule and policy."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from petdoor.adapters.classifier import ClassScore, TFLiteClassifier
from petdoor.classify import Unreadable, judge_all
from petdoor.core.events import Verdict
from petdoor.core.policy import Policy
from petdoor.core.ports import Rule
from petdoor.core.species import IMAGENET_CLASSES, OTHER, Sighting, Species, imagenet_ranges
from tools.console import Teller
from tools.data.dataset import Dataset, Example
from tools.data.taxonomy import are_imagenet_numbers, labels_of

TOP: Final = 5
_ALIKE: Final = str.maketrans("_-'\u2019", "    ")

Outputs: TypeAlias = tuple[frozenset[int], ...]
"""For every class of a data set, the indices of the model's classes of that name."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One photo, what it shows in truth, and what the door makes of it.

    Attributes:
        path: the picture file.
        label: the true class, an index into the data set's classes.
        truth: the true species.
        top: the model's five most probable classes, best first.
        predicted: the data set's class that the model finds most probable; None when the data set has no
            such class.
        rank: the place of the true class among all the model's classes, 1 is the best; None when the
            model has no such class.
        sighting: the species seen, and the probability of each.
        verdict: what the door would do, were all its frames like this photo.
        inference_ms: from pixels to probabilities.
    """

    path: Path
    label: int
    truth: Species
    top: tuple[ClassScore, ...]
    predicted: int | None
    rank: int | None
    sighting: Sighting
    verdict: Verdict
    inference_ms: float


def judge(
    classifier: TFLiteClassifier,
    rule: Rule,
    policy: Policy,
    dataset: Dataset,
    *,
    species: Sequence[Species],
    teller: Teller,
) -> tuple[tuple[Judged, ...], tuple[Unreadable, ...]]:
    """Judge every photo, one after another; what cannot be read is handed back apart.

    Args:
        classifier: the model.
        rule: from probabilities to a species.
        policy: who may pass.
        dataset: the photos.
        species: the species of each of the data set's classes.
        teller: told how far it is.
    """
    known = matching_outputs(dataset.classes, classifier.labels)
    images = [example.path for example in dataset.examples]
    results = judge_all(images, classifier, rule, policy, top=len(classifier.labels))
    judged, unreadable = [], []
    tracked = teller.track(results, "judging", total=len(images))
    for example, result in zip(dataset.examples, tracked, strict=True):
        if isinstance(result, Unreadable):
            unreadable.append(result)
            continue
        judged.append(
            Judged(
                path=example.path,
                label=example.label,
                truth=species[example.label],
                top=result.top[:TOP],
                predicted=_predicted(result.top[0].index, known, example),
                rank=_rank(result.top, known[example.label]) if known else None,
                sighting=result.sighting,
                verdict=result.verdict,
                inference_ms=result.inference_ms,
            )
        )
    return tuple(judged), tuple(unreadable)


def matching_outputs(classes: Sequence[str], labels: Sequence[str]) -> Outputs | None:
    """Where each class of a data set stands among the model's; None when the model misses one.

    Names match whatever their case, and ``_``, ``-`` and a space are alike. Classes that are all whole
    numbers below 1000 are ImageNet's: a model with 1001 outputs has them one further on, one with fewer
    may know them by name. A name may stand for two outputs: ImageNet has two classes called crane.
    """
    by_number = _by_number(classes, len(labels))
    if by_number:
        return by_number
    tries = (_by_name(names, labels) for names in (classes, labels_of(classes)))
    return next((outputs for outputs in tries if all(outputs)), None)


def unmatched(classes: Sequence[str], labels: Sequence[str]) -> tuple[str, ...]:
    """The classes of a data set that the model does not have."""
    if matching_outputs(classes, labels):
        return ()
    pairs = zip(classes, _by_name(classes, labels), strict=True)
    return tuple(name for name, outputs in pairs if not outputs)


def admission_probability(sighting: Sighting, policy: Policy) -> float:
    """What the mass rule holds against its threshold when it would admit; 0.0 when it never would.

    The rule looks at the most probable known species, so two admitted species never add up.
    """
    known = {species: p for species, p in sighting.probabilities.items() if species != OTHER}
    best = max(known, key=known.__getitem__)
    return known[best] if best in policy.admit else 0.0


def welcome_probability(sighting: Sighting, policy: Policy) -> float:
    """The probability of the likeliest species that may pass, whatever else is likelier."""
    return max((sighting.probability(species) for species in policy.admit), default=0.0)


def is_vetoed(sighting: Sighting, policy: Policy) -> bool:
    """Whether a barred species is probable enough to keep the door locked."""
    return any(sighting.probability(species) >= policy.veto_confidence for species in policy.keep_in)


def _by_name(classes: Sequence[str], labels: Sequence[str]) -> Outputs:
    outputs: dict[str, set[int]] = {}
    for index, label in enumerate(labels):
        outputs.setdefault(_plain(label), set()).add(index)
    return tuple(frozenset(outputs.get(_plain(name), ())) for name in classes)


def _by_number(classes: Sequence[str], width: int) -> Outputs | None:
    if not are_imagenet_numbers(classes) or imagenet_ranges(width) is None:
        return None
    return tuple(frozenset({int(name) + width - IMAGENET_CLASSES}) for name in classes)


def _plain(name: str) -> str:
    return " ".join(name.casefold().translate(_ALIKE).split())


def _predicted(best: int, known: Outputs | None, example: Example) -> int | None:
    """The data set's class the model names; where two bear one name, the true one."""
    if not known:
        return None
    if best in known[example.label]:
        return example.label
    return next((label for label, outputs in enumerate(known) if best in outputs), None)


def _rank(order: Sequence[ClassScore], outputs: frozenset[int]) -> int:
    return next(place for place, score in enumerate(order, start=1) if score.index in outputs)
