"""``tools distil``: a network of one's own learns to see from another; no photo needs a label."""

import dataclasses
import hashlib
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from petdoor.errors import DataError, ModelError
from tools.console import Teller
from tools.data.dataset import Dataset, Example
from tools.data.survey import Survey, survey, tell_unreadable
from tools.lesson import HELD_OUT, LEAST_PHOTOS, Lesson
from tools.networks.backbones import Backbone
from tools.networks.pretrained import features, on_raw_pixels
from tools.output import on_trial
from tools.training.distillation import Distillation, Mixed, Shown
from tools.training.fit import Trainer
from tools.training.sources import Photos, keep, plain_words
from tools.training.workfolder import prepare

_LEAST_AREA: Final = 0.25


def distil(lesson: Lesson, teller: Teller) -> None:
    """Teach the pupil, and write its weights.

    Raises:
        ConfigError: the work folder holds something else, or its disk is too small.
        DataError: too few photos can be read.
        ModelError: the teacher's weights cannot be had, or do not fit.
        PictureError: a photo cannot be read any more.
        TrainingError: the training went wrong.
        OSError: a file cannot be written; what stood at ``output`` still does.
    """
    lesson.check()
    found = _found(lesson, teller)
    lesson = dataclasses.replace(lesson, photos=[record.example.path for record in found.records])
    different = len({record.digest for record in found.records})
    if different < LEAST_PHOTOS:
        raise DataError(f"{different} different photos can be read: {LEAST_PHOTOS} at least are needed")
    keras.utils.set_random_seed(lesson.recipe.seed)
    with prepare(lesson.folder, _fingerprint(lesson, found), teller), plain_words():
        network = _taught(lesson, _held_out(found, lesson.recipe.seed), teller)
    _write(network, lesson.output)
    teller.say(f"wrote {lesson.output}: {network.count_params() / 1e6:.2g} million parameters")


def _found(lesson: Lesson, teller: Teller) -> Survey:
    """The photos that can be read; the others are named now, not after hours."""
    examples = tuple(Example(path, 0) for path in lesson.photos)
    found = survey(Dataset("--photos", ("photo",), examples), teller)
    tell_unreadable(found, teller)
    return found


def _held_out(found: Survey, seed: int) -> NDArray[np.int64]:
    """Which photos are only validated on; copies go together, as a photo may be named more than once."""
    digests = [record.digest for record in found.records]
    photos = sorted(set(digests))
    chosen = {
        photos[i] for i in np.random.default_rng(seed).permutation(len(photos))[: len(photos) // HELD_OUT]
    }
    return np.array([i for i, digest in enumerate(digests) if digest in chosen], np.int64)


def _taught(lesson: Lesson, held_out: NDArray[np.int64], teller: Teller) -> keras.Model:
    below, classes = features(lesson.teacher, lesson.weights, include_top=True)
    if classes is None:
        raise ModelError(
            f"{lesson.weights}: the teacher's classes are missing, and its pupil learns those too"
        )
    photos = Photos(lesson.photos, _size(lesson.teacher), lesson.recipe.seed, _LEAST_AREA)
    taught = keep(
        on_raw_pixels(lesson.teacher, below),
        Mixed(photos),
        lesson.folder / "teacher",
        views=lesson.views,
        doing="what the teacher sees",
        teller=teller,
    )
    shown = Shown(Mixed(dataclasses.replace(photos, size=_size(lesson.pupil))), lesson.views)
    teller.say(f"{len(photos) - len(held_out)} photos to learn from, {len(held_out)} to validate on")
    task = Distillation(shown, taught, classes, held_out=held_out)
    network, learning = _pupil(lesson, width=taught.shape[0])
    checkpoint = lesson.folder / f"{lesson.recipe.stage}.npz"
    Trainer(learning, lesson.recipe, task, checkpoint=checkpoint, teller=teller).fit()
    return network


def _pupil(lesson: Lesson, *, width: int) -> tuple[keras.Model, keras.Model]:
    """The network, and the same with all that it is asked during the lesson: class scores and features."""
    usual = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if lesson.precision == "bfloat16" else "float32")
    try:
        network = lesson.pupil.network()
    finally:
        keras.config.set_dtype_policy(usual)
    seen = keras.layers.Dense(width, name="as_the_teacher")(network.layers[-2].output)
    asked = keras.Model(network.input, [network.output, seen], name=network.name)
    return network, on_raw_pixels(lesson.pupil, asked)


def _size(backbone: Backbone) -> tuple[int, int]:
    return backbone.size, backbone.size


def _write(network: keras.Model, output: Path) -> None:
    # Keras writes to names of its own choice only: not to the trial beside the output.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pupil.weights.h5"
        network.save_weights(file)
        content = file.read_bytes()
    with on_trial(output, content):
        pass


def _fingerprint(lesson: Lesson, found: Survey) -> str:
    """What a run must share with one that was stopped, to go on from it."""
    told: dict[str, Any] = {
        "recipe": dataclasses.asdict(lesson.recipe),
        "networks": [
            (name, row.size, row.alpha)
            for name, row in zip(lesson.names, (lesson.teacher, lesson.pupil), strict=True)
        ],
        "weights": lesson.weights and hashlib.sha256(lesson.weights.read_bytes()).hexdigest(),
        "views": lesson.views,
        "precision": lesson.precision,
        "photos": [record.digest for record in found.records],
    }
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
