"""From a float network to a file for the door: quantised, compared, its threshold chosen, packed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from petdoor import modelfile, pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.species import OTHER, MassRule
from petdoor.errors import DataError
from tools.conduct import Conduct, policy_for
from tools.console import Teller
from tools.dataset import Example
from tools.export import common_facts
from tools.judge import admission_probability, is_vetoed
from tools.metrics import Choice, choose_threshold
from tools.output import on_trial
from tools.parity import Parity, by_both, compare
from tools.quantise import photos, to_full_integer
from tools.taxonomy import ranges_of

_DEFAULT_THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class Wish:
    """What the finished model must be.

    Attributes:
        max_drop: how many points of accuracy quantising may cost.
        false_accept: the share of animals without admission that may be admitted, 0..1.
        admit: the species that may pass.
    """

    max_drop: float = 1.0
    false_accept: float = 0.01
    admit: Sequence[str] = ("dog",)

    def check(self, species: Sequence[str]) -> None:
        """Refuse to begin when no photo shows what is to be admitted.

        Raises:
            DataError: ``species``, of each class, lack one.
        """
        unknown, known = set(self.admit) - set(species), sorted(set(species) - {OTHER})
        if unknown:
            raise DataError(
                f"no class is a {', '.join(sorted(unknown))}; there are: {', '.join(known[:10])}. Choose "
                "with --admit who may pass, or say with --species which classes are which"
            )


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
        ModelError: the quantised network judges worse than ``wish`` allows; nothing is written.
        PictureError: a photo cannot be read.
        OSError: the file cannot be written.
    """
    teller.say(f"quantising {draft.model.count_params() / 1e6:.1f} million parameters")
    examples = photos(calibration, draft.size)
    flatbuffer = to_full_integer(draft.model, examples)
    facts = {**draft.facts, **_meaning(draft), "calibrated_on": f"{len(examples)} photos"}
    with on_trial(output, modelfile.pack(flatbuffer, draft.labels, facts)) as trial:
        finished = _judged(draft, trial, judged, wish=wish, size=len(flatbuffer), teller=teller)
        finished.parity.check(wish.max_drop)
        facts |= {"threshold": finished.choice.threshold, "measured": _measured(finished)}
        trial.write_bytes(modelfile.pack(flatbuffer, draft.labels, facts))
        TFLiteClassifier(trial)
    teller.say(f"wrote {output}: {finished.parity.in_words()}")
    return finished


def _judged(
    draft: Draft, trial: Path, judged: Sequence[Example], *, wish: Wish, size: int, teller: Teller
) -> Finished:
    classifier = TFLiteClassifier(trial)
    shown = (pictures.resized(pictures.read(example.path), draft.size) for example in judged)
    truths = [example.label for example in judged]
    probabilities = by_both(
        draft.model, classifier, teller.track(shown, "float against int8", total=len(judged))
    )
    parity = compare(
        *probabilities, truths=truths, float_bytes=4 * draft.model.count_params(), integer_bytes=size
    )
    policy, _ = policy_for(trial, classifier, Conduct(admit=frozenset(wish.admit)))
    rule = MassRule(classifier.ranges)
    sightings = [rule.sighting(row.tolist()) for row in probabilities[1]]
    choice = choose_threshold(
        [admission_probability(sighting, policy) for sighting in sightings],
        [draft.species[truth] in policy.admit for truth in truths],
        [is_vetoed(sighting, policy) for sighting in sightings],
        wanted_false_accept=wish.false_accept,
    )
    teller.say(_told(choice, wish))
    return Finished(parity, choice)


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


def _told(choice: Choice, wish: Wish) -> str:
    accept, refuse = choice.false_accept, choice.false_refuse
    sentence = (
        f"threshold {choice.threshold:g}: of {accept.total} others {accept.count} would be admitted, "
        f"of {refuse.total} to be admitted {refuse.count} refused"
    )
    if choice.is_met:
        return sentence
    return f"{sentence}. That is more than the wanted {wish.false_accept:.1%}: more photos are needed"
