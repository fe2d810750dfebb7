"""``tools convert``: a Keras model of one's own, as a file for the door."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras

from petdoor import modelfile
from petdoor.errors import ModelError
from tools.backbones import first_line
from tools.console import Teller
from tools.dataset import Dataset, Example
from tools.finish import Draft, Finished, Wish, finish
from tools.memory import peak_in_words
from tools.split import split
from tools.survey import survey
from tools.taxonomy import species_of


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion is told.

    Attributes:
        model: a Keras file: ``.keras``, or ``.h5`` with its layers.
        input_range: what black and white are to the model.
        dataset: labelled photos to calibrate with and to compare on.
        labels: a file of class names in the order of the outputs; None for the data's own classes.
        species: which classes make up a species, where their names do not say it.
        wish: what the result must be.
        output: the file to write.
    """

    model: Path
    input_range: tuple[float, float]
    dataset: Dataset
    labels: Path | None
    species: Mapping[str, Sequence[str]]
    wish: Wish
    output: Path


def convert(job: Conversion, teller: Teller) -> Finished:
    """Put preprocessing in front, take the softmax off, quantise, compare, and write.

    Raises:
        ModelError: the model cannot be read, does not fit the data, or loses too much when quantised.
        DataError: the photos cannot be used.
    """
    own = load(job.model)
    labels = modelfile.read_labels(job.labels) if job.labels else job.dataset.classes
    if own.output_shape[-1] != len(labels):
        raise ModelError(
            f"{job.model}: it has {own.output_shape[-1]} outputs but there are {len(labels)} classes; "
            "name them in order with --labels, one a line"
        )
    species = species_of(labels, job.species)
    job.wish.check(species)
    found = survey(job.dataset, teller)
    # Calibrated and compared on different photos, so that the comparison is fair.
    parts = split(found.records, shares=(0.5, 0.5, 0.0), seed=0)
    facts = {"backbone": own.name, "trained_on": f"converted from {job.model.name}"}
    finished = finish(
        Draft(on_raw_pixels(own, job.input_range), labels, species, facts),
        calibration=[example.path for example in parts.train],
        judged=_by_output(parts.validation, job.dataset.classes, labels),
        wish=job.wish,
        output=job.output,
        teller=teller,
    )
    teller.say(peak_in_words())
    return finished


def load(path: Path) -> keras.Model:
    """A Keras model of pictures: one input of height x width x 3, one vector of scores.

    Raises:
        ModelError: it cannot be read, or is none.
    """
    if not path.is_file():
        raise ModelError(f"{path}: there is no such model file")
    try:
        model = keras.models.load_model(path, compile=False)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: Keras cannot read this model: {first_line(error)}") from error
    shapes = model.input_shape, model.output_shape
    is_one = all(isinstance(shape, tuple) for shape in shapes)
    if not is_one or len(shapes[0]) != 4 or shapes[0][3] != 3 or None in shapes[0][1:] or len(shapes[1]) != 2:
        raise ModelError(
            f"{path}: its shapes are {shapes[0]} and {shapes[1]}; petdoor needs pictures of a fixed "
            "height x width x 3 in, and one score a class out"
        )
    return model


def on_raw_pixels(own: keras.Model, input_range: tuple[float, float]) -> keras.Model:
    """The model with 0..255 brought to its range in front, and without a softmax at its end.

    A quantised softmax cuts small probabilities to nothing; the door takes it itself, in float.

    Raises:
        ModelError: the scores are probabilities of another kind, such as a sigmoid's.
    """
    pixels = keras.Input(own.input_shape[1:], name="rgb")
    low, high = input_range
    scaled = pixels if (low, high) == (0, 255) else keras.layers.Rescaling((high - low) / 255, low)(pixels)
    return keras.Model(pixels, _logits(own)(scaled), name=own.name)


def _logits(own: keras.Model) -> keras.Model:
    last = own.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return keras.Model(own.inputs, last.input)
    activation: Any = getattr(last, "activation", keras.activations.linear)
    if activation is keras.activations.softmax:
        last.activation = keras.activations.linear
        return own
    if activation is not keras.activations.linear:
        raise ModelError(
            f"its last layer ends in {activation.__name__}; the door needs a softmax or plain scores "
            "over all classes"
        )
    return own


def _by_output(examples: Sequence[Example], classes: Sequence[str], labels: Sequence[str]) -> list[Example]:
    """The examples with the number of the model's output as their label.

    Raises:
        ModelError: a class of the data is none of the model's.
    """
    position = {label: number for number, label in enumerate(labels)}
    unknown = sorted(set(classes) - set(position))
    if unknown:
        raise ModelError(f"--labels does not name {', '.join(unknown[:5])}, of which there are photos")
    return [replace(example, label=position[classes[example.label]]) for example in examples]
