"""``tools convert``: a Keras model of one's own, as a file for the door."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from petdoor import modelfile
from petdoor.errors import ConfigError, ModelError
from tools.console import Teller, first_line
from tools.conversion.finish import Draft, Finished, finish
from tools.conversion.quantise import drawn_patterns
from tools.data.split import split
from tools.data.survey import survey
from tools.memory import peak_in_words
from tools.networks.pretrained import UNREADABLE
from tools.output import make_way
from tools.plan import Conversion

_SUM_ERROR: Final = 1e-3


def convert(job: Conversion, teller: Teller) -> Finished:
    """Put preprocessing in front, take the softmax off, quantise, compare, and write.

    Raises:
        ModelError: the model cannot be read, does not fit the data, or loses too much when quantised.
        ConfigError: black and white are the same to it.
        DataError: the photos cannot be used.
        OSError: the file cannot be written.
    """
    make_way(job.output)
    own = load(job.model)
    labels = modelfile.read_labels(job.labels) if job.labels else job.dataset.classes
    if own.output_shape[-1] != len(labels):
        raise ModelError(
            f"{job.model}: it has {own.output_shape[-1]} outputs but there are {len(labels)} classes; "
            "name them in order with --labels, one a line"
        )
    species = job.wish.species_of(labels, job.species)
    job.wish.check(species)
    outputs = _outputs(job.dataset.classes, labels)
    model = on_raw_pixels(own, job.input_range)
    found = survey(job.dataset, teller)
    for path, reason in found.unreadable:
        teller.say(f"skipped {path}: {reason}")
    # Calibrated and compared on different photos, so that the comparison is fair.
    parts = split(found.records, shares=(0.5, 0.5, 0.0), seed=0)
    facts = {"backbone": own.name, "trained_on": f"converted from {job.model.name}"}
    finished = finish(
        Draft(model, labels, species, facts),
        calibration=[example.path for example in parts.train],
        judged=[replace(example, label=outputs[example.label]) for example in parts.validation],
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
        inputs, outputs = model.inputs, model.outputs
    except UNREADABLE as error:
        raise ModelError(f"{path}: Keras cannot read this model: {first_line(error)}") from error
    shapes = [tensor.shape for tensor in inputs], [tensor.shape for tensor in outputs]
    if not _is_classifier(*shapes):
        told = [" and ".join(map(_in_words, some)) for some in shapes]
        raise ModelError(
            f"{path}: it takes {told[0]} and yields {told[1]}; petdoor needs pictures of a fixed "
            "height x width x 3 in, and one score for each of two classes or more out"
        )
    _compute_in_float32(model)
    return keras.Model(inputs[0], outputs[0], name=model.name)


def _is_classifier(inputs: Sequence[tuple[Any, ...]], outputs: Sequence[tuple[Any, ...]]) -> bool:
    if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0]) != 4 or len(outputs[0]) != 2:
        return False
    _, height, width, channels = inputs[0]
    return None not in (height, width) and channels == 3 and (outputs[0][1] or 0) > 1


def _compute_in_float32(model: keras.Model) -> None:
    """Half floats, in which a graphics card may have trained, have no integer form."""
    for layer in model.layers:
        layer.dtype_policy = "float32"
        if isinstance(layer, keras.Model):
            _compute_in_float32(layer)


def _in_words(shape: tuple[int | None, ...]) -> str:
    return " x ".join("any" if length is None else str(length) for length in shape[1:]) or "one number"


def on_raw_pixels(own: keras.Model, input_range: tuple[float, float]) -> keras.Model:
    """The model with 0..255 brought to its range in front, and without a softmax at its end.

    A quantised softmax cuts small probabilities to nothing; the door takes it itself, in float.

    Raises:
        ModelError: the scores are probabilities of another kind, such as a sigmoid's.
        ConfigError: black and white are the same.
    """
    low, high = input_range
    if low == high:
        raise ConfigError(f"--input-range {low:g} {high:g}: black and white cannot be the same")
    pixels = keras.Input(own.input_shape[1:], name="rgb")
    scaled = pixels if (low, high) == (0, 255) else keras.layers.Rescaling((high - low) / 255, low)(pixels)
    model = keras.Model(pixels, _logits(own)(scaled), name=own.name)
    _check_yields_logits(model)
    return model


def _logits(own: keras.Model) -> keras.Model:
    last = own.layers[-1]
    if isinstance(last, keras.layers.Softmax):
        return keras.Model(own.inputs, last.input)
    while isinstance(last, keras.Model):
        last = last.layers[-1]
    activation: Any = getattr(last, "activation", keras.activations.linear)
    if activation is keras.activations.softmax:
        last.activation = keras.activations.linear
    elif activation is not keras.activations.linear:
        raise ModelError(
            f"its last layer ends in {activation.__name__}; the door needs a softmax or plain scores "
            "over all classes"
        )
    return own


def _check_yields_logits(model: keras.Model) -> None:
    """Refuse a softmax that lies hidden: under a layer of another kind, or in a function."""
    patterns = np.array(drawn_patterns(model.input_shape[1:3])[:4], np.float32)
    scores = np.concatenate([model(pattern[np.newaxis], training=False) for pattern in patterns])
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=_SUM_ERROR):
        raise ModelError(
            "its scores are probabilities, but not by a softmax at its very end, where it could be taken "
            "off; end the model with its last Dense layer"
        )


def _outputs(classes: Sequence[str], labels: Sequence[str]) -> list[int]:
    """The number of the model's output for each class of the data.

    Raises:
        ModelError: a class of the data is none of the model's.
    """
    position = {label: number for number, label in enumerate(labels)}
    unknown = sorted(set(classes) - set(position))
    if unknown:
        raise ModelError(f"--labels does not name {', '.join(unknown[:5])}, of which there are photos")
    return [position[name] for name in classes]
