"""The ImageNet model as one file for the door."""

import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from petdoor import __version__, modelfile
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.species import IMAGENET_RANGES
from petdoor.errors import ModelError
from petdoor.pictures import Picture
from tools.backbones import BACKBONES, imagenet_model
from tools.convert import drawn_patterns, photos, to_full_integer

_AGREEMENT_FLOOR = 0.7
_COMPARED_PICTURES = 20


def export(
    backbone: str,
    weights: Path | None,
    calibration: Path | None,
    output: Path,
    *,
    say: Callable[[str], object],
) -> None:
    """Build, quantise, pack, try and write the pretrained model.

    Args:
        backbone: a key of ``BACKBONES``.
        weights: a Keras weights file; None for Keras's own download.
        calibration: a folder of photos; None for drawn patterns.
        output: the file to write; what stood there stays until the new one has proved itself.
        say: told each step.

    Raises:
        ModelError: the weights cannot be had, or the result does not judge as the network does.
        PictureError: a calibration photo cannot be read.
    """
    size = BACKBONES[backbone].input_size
    examples = photos(calibration, size) if calibration else drawn_patterns(size)
    facts = _facts(backbone, size, calibration, len(examples))
    say(f"building {backbone} from {weights or 'the weights Keras downloads'}")
    model = imagenet_model(backbone, weights)
    say(f"quantising on {facts['calibrated_on']}; this takes half a minute")
    flatbuffer = to_full_integer(model, examples)
    _write(output, modelfile.pack(flatbuffer, modelfile.imagenet_labels(), facts), model, examples, say)


def _facts(backbone: str, size: tuple[int, int], calibration: Path | None, count: int) -> dict[str, Any]:
    return {
        "backbone": backbone,
        "input_size": list(size),
        "input_range": [0, 255],
        "output": "logits",
        "temperature": BACKBONES[backbone].temperature,
        "species": {s: [[r.first, r.last] for r in spans] for s, spans in IMAGENET_RANGES.items()},
        "threshold": 0.5,
        "trained_on": "ImageNet, 1000 classes",
        "calibrated_on": f"{count} {'photos' if calibration else 'drawn patterns'}",
        "made_with": {"petdoor": __version__, "tensorflow": tf.__version__, "keras": keras.__version__},
    }


def _write(
    output: Path,
    content: bytes,
    model: keras.Model,
    examples: Sequence[Picture],
    say: Callable[[str], object],
) -> None:
    """Write beside ``output``, try it as the door would, and only then let it take the name."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}-", delete=False) as file:
        trial = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            agreement = _agreement(TFLiteClassifier(trial), model, examples[:_COMPARED_PICTURES])
            if agreement < _AGREEMENT_FLOOR:
                raise ModelError(
                    f"the quantised model shares {agreement:.0%} of the network's judgement only"
                )
            trial.chmod(0o644)
            trial.replace(output)
        finally:
            trial.unlink(missing_ok=True)
    say(f"wrote {output}: {len(content) / 1e6:.1f} MB, judges {agreement:.0%} as the float network does")


def _agreement(classifier: TFLiteClassifier, model: keras.Model, examples: Sequence[Picture]) -> float:
    """The share of probability that door and network put on the same classes, on average."""
    expected = np.asarray(keras.ops.softmax(model(np.stack(examples).astype(np.float32), training=False)))
    judged = np.array([classifier.probabilities(picture) for picture in examples])
    return float(np.minimum(judged, expected).sum(axis=1).mean())
