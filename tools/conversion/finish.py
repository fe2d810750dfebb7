"""From a float network to a file for the door: quantised, compared, its threshold chosen, packed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras

from petdoor import modelfile, pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.species import MassRule
from petdoor.errors import DataError, ModelError
from tools.console import Teller
from tools.conversion.export import common_facts
from tools.conversion.parity import Floats, Parity, by_both, compare
from tools.conversion.quantise import photos, to_full_integer
from tools.data.dataset import Example
from tools.data.taxonomy import ranges_of
from tools.judging.conduct import Conduct, policy_for
from tools.judging.judge import admission_probability, is_vetoed
from tools.judging.metrics import Choice, choose_threshold
from tools.output import on_trial
from tools.plan import Wish

_DEFAULT_THRESHOLD: Final = 0.5


@dataclass(frozen=True, slots=True)
class Draft:
    """A float network and what its outputs mean.

    Attributes:
        model: raw RGB 0..255 in, logits out.
        labels: the name of each output.
        species: the species of each output.
        facts: what the file is to say of itself: backbone, what it was trained on.
    """

    model: keras.Model
    labels: Sequence[str]
    species: Sequence[str]
    facts: Mapping[str, Any]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input, in pixels."""
        height, width = self.model.input_shape[1:3]
        return height, width


@dataclass(frozen=True, slots=True)
class Finished:
    """How the model in the file fares on the photos its threshold was chosen on."""

    parity: Parity
    choice: Choice


def finish(
    draft: Draft,
    *,
    calibration: Sequence[Path],
    judged: Sequence[Example],
    wish: Wish,
    output: Path,
    teller: Teller,
) -> Finished:
    """Quantise, compare float and integer, choose the threshold, and write the file.

    Args:
        draft: the float network.
        calibration: photos that show what activations are like.
        judged: labelled photos the network was not trained on.
        wish: what the model must be.
        output: the file to write; what stood there stays until the new one has proved itself.
        teller: told each step.

    Raises:
        DataError: there are no photos to judge.
        ModelError: the quantised network judges worse than ``wish`` allows; nothing is written.
        PictureError: a photo cannot be read.
        OSError: the file cannot be written.
    """
    if not judged:
        raise DataError(
            "no photos are left to compare float and integer on: a class needs three different ones at least"
        )
    teller.say(f"quantising {draft.model.count_params() / 1e6:.1f} million parameters")
    examples = photos(calibration, draft.size)
    flatbuffer = to_full_integer(draft.model, examples)
    facts = {**draft.facts, **_meaning(draft), "calibrated_on": f"{len(examples)} photos"}
    with on_trial(output, modelfile.pack(flatbuffer, draft.labels, facts)) as trial:
        finished = _judged(draft, trial, judged, wish=wish, size=len(flatbuffer), teller=teller)
        finished.parity.check(wish.max_drop)
        _check_choice(finished.choice, wish)
        facts |= {
            "threshold": finished.choice.threshold,
            "measured": _measured(finished),
        }
        trial.write_bytes(modelfile.pack(flatbuffer, draft.labels, facts))
        TFLiteClassifier(trial)
    teller.say(f"wrote {output}: {finished.parity.in_words()}")
    return finished


def parity_on(draft: Draft, model: Path, examples: Sequence[Example], teller: Teller) -> Parity:
    """Float against integer on other photos than those of ``finish``; ``model`` is the file it wrote."""
    return _by_both(draft, TFLiteClassifier(model), examples, model.stat().st_size, teller)[1]


def _judged(
    draft: Draft, trial: Path, judged: Sequence[Example], *, wish: Wish, size: int, teller: Teller
) -> Finished:
    classifier = TFLiteClassifier(trial)
    probabilities, parity = _by_both(draft, classifier, judged, size, teller)
    policy, _ = policy_for(trial, classifier, Conduct(admit=frozenset(wish.admit)))
    rule = MassRule(classifier.ranges)
    sightings = [rule.sighting(row.tolist()) for row in probabilities]
    welcome = [draft.species[example.label] in policy.admit for example in judged]
    choice = choose_threshold(
        [admission_probability(sighting, policy) for sighting in sightings],
        welcome,
        [is_vetoed(sighting, policy) for sighting in sightings],
        wanted_false_accept=wish.false_accept,
    )
    teller.say(_told(choice))
    return Finished(parity, choice)


def _check_choice(choice: Choice, wish: Wish) -> None:
    """Refuse a door that lets too many in."""
    accept = choice.false_accept
    if accept.total and not choice.is_met:
        raise ModelError(
            f"at best {accept.count} of {accept.total} others would be admitted, more than the wanted "
            f"{wish.false_accept:.1%}: nothing was written. More photos may help, or a larger --false-accept"
        )


def _by_both(
    draft: Draft, classifier: TFLiteClassifier, examples: Sequence[Example], size: int, teller: Teller
) -> tuple[Floats, Parity]:
    """The integer model's probabilities, and how they compare with the float network's."""
    shown = (pictures.resized(pictures.read(example.path), draft.size) for example in examples)
    expected, judged = by_both(
        draft.model, classifier, teller.track(shown, "float against int8", total=len(examples))
    )
    truths = [example.label for example in examples]
    float_bytes = 4 * draft.model.count_params()
    return judged, compare(expected, judged, truths=truths, float_bytes=float_bytes, integer_bytes=size)


def _meaning(draft: Draft) -> dict[str, Any]:
    return {
        **common_facts(),
        "input_size": list(draft.size),
        "species": ranges_of(draft.species),
        "threshold": _DEFAULT_THRESHOLD,
    }


def _measured(finished: Finished) -> dict[str, Any]:
    choice = finished.choice
    rates = {"false_accept": choice.false_accept, "false_refuse": choice.false_refuse}
    return {
        "pictures": finished.parity.pictures,
        "accuracy": finished.parity.integer_accuracy,
        **{name: [rate.count, rate.total] for name, rate in rates.items()},
    }


def _told(choice: Choice) -> str:
    accept, refuse = choice.false_accept, choice.false_refuse
    caution = "CAUTION, it would admit nobody: " if refuse.total and refuse.count == refuse.total else ""
    return caution + (
        f"threshold {choice.threshold:g}: of {accept.total} others {accept.count} would be admitted, "
        f"of {refuse.total} to be admitted {refuse.count} refused"
    )
