"""The ImageNet model as one file for the door."""

from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf

from petdoor import __version__, modelfile, pictures
from petdoor.adapters.classifier import TFLiteClassifier
from petdoor.core.species import IMAGENET_RANGES
from petdoor.errors import ModelError
from tools.console import Teller
from tools.conversion.parity import by_both, shared_probability
from tools.conversion.quantise import drawn_patterns, photos, to_full_integer
from tools.memory import peak_in_words
from tools.networks.backbones import Backbone
from tools.networks.pretrained import RANDOM_WEIGHTS, imagenet_model
from tools.output import make_way, on_trial

_AGREEMENT_FLOOR: Final = 0.7
_COMPARED_PICTURES: Final = 20


def export(
    name: str,
    backbone: Backbone,
    weights: Path | None,
    calibration: Path | None,
    output: Path,
    *,
    teller: Teller,
) -> None:
    """Build, quantise, pack, try and write the pretrained model.

    Args:
        name: what the backbone is called.
        backbone: a row of ``BACKBONES``.
        weights: a Keras weights file; None for Keras's own download.
        calibration: a folder of photos; None for drawn patterns.
        output: the file to write; what stood there stays until the new one has proved itself.
        teller: told each step.

    Raises:
        ModelError: the weights cannot be had, or the result does not judge as the network does.
        PictureError: a calibration photo cannot be read.
        OSError: the file cannot be written.
    """
    make_way(output)
    size = (backbone.size, backbone.size)
    examples = photos(_found(calibration), size) if calibration else drawn_patterns(size)
    calibrated_on = f"{len(examples)} {'photos' if calibration else 'drawn patterns'}"
    teller.say(f"building {name} from {weights or 'the weights Keras downloads'}")
    model = imagenet_model(backbone, weights)
    teller.say(f"quantising on {calibrated_on}; {model.count_params() / 1e6:.1f} million parameters")
    flatbuffer = to_full_integer(model, examples)
    facts = {
        "backbone": name,
        "input_size": list(size),
        "temperature": backbone.temperature,
        "species": {s: [[r.first, r.last] for r in spans] for s, spans in IMAGENET_RANGES.items()},
        "threshold": 0.5,
        "trained_on": "nothing" if weights == RANDOM_WEIGHTS else "ImageNet, 1000 classes",
        "calibrated_on": calibrated_on,
        **common_facts(),
    }
    content = modelfile.pack(flatbuffer, modelfile.imagenet_labels(), facts)
    with on_trial(output, content) as trial:
        shared = shared_probability(*by_both(model, TFLiteClassifier(trial), examples[:_COMPARED_PICTURES]))
        if shared < _AGREEMENT_FLOOR:
            raise ModelError(f"the quantised model shares {shared:.0%} of the network's judgement only")
    judges = f"judges {shared:.0%} as the float network does"
    teller.say(f"wrote {output}: {len(content) / 1e6:.1f} MB, {judges}; {peak_in_words()}")


def common_facts() -> dict[str, Any]:
    """What holds for every model made here."""
    versions = {"petdoor": __version__, "tensorflow": tf.__version__, "keras": keras.__version__}
    return {"input_range": [0, 255], "output": "logits", "made_with": versions}


def _found(folder: Path) -> list[Path]:
    paths = pictures.find(str(folder))
    if not paths:
        raise ModelError(f"{folder}: no photos there to calibrate with")
    return paths
