"""The figures a door is judged by: pure functions on arrays, one entry a photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest
from sklearn.metrics import auc, confusion_matrix, precision_recall_fscore_support, roc_curve

Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

_HUNDREDTHS: Final = range(1, 100)
_LEAST_CHOICE: Final = 50
_GREATEST_CHOICE: Final = 95


@dataclass(frozen=True, slots=True)
class Rate:
    """How often something happened, and between what the true rate lies.

    Attributes:
        count: how often.
        total: out of how many; with none nothing is known, and the interval is all of 0..1.
        share: count / total, 0..1.
        low: the lower end of the 95 % Wilson interval.
        high: its upper end.
    """

    count: int
    total: int
    share: float
    low: float
    high: float


def rate(count: int, total: int) -> Rate:
    """The rate with its 95 % Wilson interval, which stays sensible near 0 and 1 and for few photos."""
    if total == 0:
        return Rate(0, 0, 0.0, 0.0, 1.0)
    interval = binomtest(count, total).proportion_ci(confidence_level=0.95, method="wilson")
    return Rate(count, total, count / total, float(interval.low), float(interval.high))


def rate_of(flags: ArrayLike) -> Rate:
    """The rate at which the flags are set."""
    array = np.asarray(flags, np.bool_)
    return rate(int(array.sum()), array.size)


@dataclass(frozen=True, slots=True)
class Admission:
    """What decides over each photo, one entry a photo in all three.

    Attributes:
        probability: of the species that may pass, 0..1; zero where the model sees another more likely.
        is_welcome: whether the photo truly shows a species that may pass.
        is_vetoed: whether a barred species is probable enough to keep the door locked.
    """

    probability: Floats
    is_welcome: Flags
    is_vetoed: Flags

    def at(self, threshold: float) -> Flags:
        """Which photos the door admits when it believes this probability or more."""
        # As float64: in float32 a threshold would be rounded, and the door compares in double precision.
        return (np.asarray(self.probability, np.float64) >= threshold) & ~self.is_vetoed

    def false_accept(self, threshold: float) -> Rate:
        """The share of unwelcome photos that are admitted."""
        return rate_of(self.at(threshold)[~self.is_welcome])

    def false_refuse(self, threshold: float) -> Rate:
        """The share of welcome photos that are not admitted."""
        return rate_of(~self.at(threshold)[self.is_welcome])


@dataclass(frozen=True, slots=True)
class ThresholdCurve:
    """Both kinds of mistake, as shares 0..1, at every threshold from 0.01 to 0.99.

    A kind that none of the photos can show is None.
    """

    thresholds: tuple[float, ...]
    false_accept: tuple[float, ...] | None
    false_refuse: tuple[float, ...] | None


def threshold_curve(admission: Admission) -> ThresholdCurve:
    """What other thresholds would have done on the same photos, the veto in force throughout."""
    thresholds = tuple(number / 100 for number in _HUNDREDTHS)
    accepts, refusals = _mistakes(admission, thresholds)
    unwelcome, welcome = _counts(admission)
    return ThresholdCurve(
        thresholds,
        tuple(float(count) / unwelcome for count in accepts) if unwelcome else None,
        tuple(float(count) / welcome for count in refusals) if welcome else None,
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A threshold, and what it does on the photos it was chosen on.

    Attributes:
        threshold: the probability from which the mass rule believes a species; two decimals.
        false_accept: unwelcome photos it admits.
        false_refuse: welcome photos it does not.
        is_met: whether the false accepts stay within what was wanted; without unwelcome photos nothing
            proves that, and it is False.
    """

    threshold: float
    false_accept: Rate
    false_refuse: Rate
    is_met: bool


def choose_threshold(
    admitted_probability: ArrayLike,
    is_admitted_species: ArrayLike,
    vetoed: ArrayLike,
    *,
    wanted_false_accept: float,
) -> Choice:
    """The threshold for a model, from photos it was not trained on.

    The safety of the door hangs on this figure. Of the thresholds 0.50, 0.51, ... 0.99 those count that
    admit no more than the wanted share of unwelcome photos, or when none does, those that admit
    fewest. Among these the ones that turn away fewest welcome photos are left. As a higher threshold
    never admits more, they are neighbours; the middle of them is farthest from either mistake.
    Above 0.95 a quantised model has few values left, so what lies above counts only when nothing below
    does as well.

    Args:
        admitted_probability: a photo's probability of the species that may pass, 0..1.
        is_admitted_species: whether it truly shows one.
        vetoed: whether a barred species is so probable that the door stays locked anyhow.
        wanted_false_accept: the greatest share of unwelcome photos to be admitted, 0..1.
    """
    admission = Admission(
        np.asarray(admitted_probability, np.float64),
        np.asarray(is_admitted_species, np.bool_),
        np.asarray(vetoed, np.bool_),
    )
    numbers = np.arange(_LEAST_CHOICE, _HUNDREDTHS.stop)
    accepts, refusals = _mistakes(admission, [number / 100 for number in numbers.tolist()])
    unwelcome, _ = _counts(admission)
    is_safe = accepts / max(unwelcome, 1) <= wanted_false_accept
    is_met = bool(is_safe.any()) and unwelcome > 0
    if not is_safe.any():
        is_safe = accepts == accepts.min()
    best = numbers[is_safe & (refusals == refusals[is_safe].min())]
    threshold = _middle(best[best <= _GREATEST_CHOICE] if best[0] <= _GREATEST_CHOICE else best) / 100
    return Choice(threshold, admission.false_accept(threshold), admission.false_refuse(threshold), is_met)


def _middle(numbers: NDArray[np.int_]) -> int:
    """The middle one; of two the higher, which admits less."""
    return int(numbers[len(numbers) // 2])


def _mistakes(admission: Admission, thresholds: Sequence[float]) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """How many unwelcome photos each threshold admits, and how many welcome ones it does not."""
    admitted = np.array([admission.at(threshold) for threshold in thresholds])
    return admitted[:, ~admission.is_welcome].sum(axis=1), (~admitted[:, admission.is_welcome]).sum(axis=1)


def _counts(admission: Admission) -> tuple[int, int]:
    welcome = int(admission.is_welcome.sum())
    return admission.is_welcome.size - welcome, welcome


@dataclass(frozen=True, slots=True)
class Roc:
    """How well the probability of the species that may pass tells welcome from unwelcome, by itself."""

    false_accept: tuple[float, ...]
    true_accept: tuple[float, ...]
    area: float


def roc(is_welcome: ArrayLike, probability: ArrayLike) -> Roc | None:
    """The curve over all thresholds, without rule and veto; None unless both kinds of photo are there.

    Args:
        is_welcome: whether a photo truly shows a species that may pass.
        probability: of the likeliest such species, 0..1, also where the model sees another more likely.
    """
    welcome = np.asarray(is_welcome, np.bool_)
    if not 0 < welcome.sum() < welcome.size:
        return None
    false_accept, true_accept, _ = roc_curve(welcome, probability)
    return Roc(
        tuple(false_accept.tolist()), tuple(true_accept.tolist()), float(auc(false_accept, true_accept))
    )


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Which class was taken for which.

    Attributes:
        names: the classes.
        confusion: a row a true class, a column a predicted one; the last column is none of these.
        precision: of the photos taken for this class, the share that are; None when there are none.
        recall: of the photos of this class, the share taken for it; None when there are none.
        f1: the harmonic mean of both.
        support: how many photos of this class there are.
    """

    names: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    precision: tuple[float | None, ...]
    recall: tuple[float | None, ...]
    f1: tuple[float | None, ...]
    support: tuple[int, ...]

    def confused(self) -> list[tuple[str, str, int]]:
        """True class, predicted class and number of photos of every confusion, the most frequent first."""
        columns = (*self.names, "none of these")
        pairs = [
            (self.names[row], columns[column], count)
            for row, counts in enumerate(self.confusion)
            for column, count in enumerate(counts)
            if count and row != column
        ]
        return sorted(pairs, key=lambda pair: -pair[2])


def class_figures(names: Sequence[str], truth: Sequence[int], predicted: Sequence[int]) -> ClassFigures:
    """Confusion matrix, precision, recall and F1 of every class.

    Args:
        names: the classes.
        truth: index into ``names``, a photo each.
        predicted: the same; ``len(names)`` for a class that is none of these.
    """
    labels = list(range(len(names)))
    matrix = confusion_matrix(truth, predicted, labels=[*labels, len(names)])[:-1]
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=np.nan
    )
    return ClassFigures(
        tuple(names),
        tuple(tuple(row) for row in matrix.tolist()),
        _known(precision),
        _known(recall),
        _known(f1),
        tuple(support.tolist()),
    )


def _known(values: Any) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half, nine tenths and all but a hundredth of the photos took at most."""

    p50_ms: float
    p90_ms: float
    p99_ms: float


def latency(milliseconds: Sequence[float]) -> Latency:
    """The percentiles of the times."""
    return Latency(*(float(value) for value in np.percentile(milliseconds, (50, 90, 99))))
