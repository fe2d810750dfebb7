"""From a Keras model to a full-integer TensorFlow Lite flatbuffer."""

import re
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from tensorflow.lite.python.convert_phase import ConverterError

from petdoor import pictures
from petdoor.errors import ModelError
from petdoor.pictures import Picture
from tools.console import first_line
from tools.quiet import quiet

CALIBRATION_PICTURES: Final = 200
_DRAWN_PICTURES: Final = 64
_OPERATION: Final = re.compile(r'fused\["(\w+):')


def to_full_integer(model: keras.Model, calibration: Sequence[Picture]) -> bytes:
    """Quantise weights per channel and everything else per tensor; uint8 in, uint8 out.

    An all-black and an all-white picture join the calibration, so that the input's scale is exactly 1
    and its zero point 0: the camera's bytes are the input tensor.

    Args:
        model: raw RGB 0..255 in, scores out.
        calibration: RGB pictures of the model's input size that show what activations are like.

    Raises:
        ModelError: an operation of the model has no integer form.
    """

    def representative() -> Iterator[list[Any]]:
        for picture in (np.zeros_like(calibration[0]), np.full_like(calibration[0], 255), *calibration):
            yield [picture[np.newaxis].astype(np.float32)]

    try:
        # The converter prints every variable, and warns that the old way to calibrate is not used.
        with quiet(), warnings.catch_warnings(action="ignore", category=UserWarning):
            return _converted(model, representative)
    except (ConverterError, RuntimeError, ValueError, tf.errors.OpError) as error:
        # Pages of compiler output, in which the operation stands somewhere.
        culprit = _OPERATION.search(str(error))
        what = culprit[1] if culprit else first_line(error)[:200]
        raise ModelError(
            f"TensorFlow Lite cannot make this network full integer; it fails at {what}"
        ) from error


def _converted(model: keras.Model, representative: Callable[[], Iterator[list[Any]]]) -> bytes:
    # By way of the disk: straight from Keras takes half a gigabyte more for VGG16.
    with tempfile.TemporaryDirectory() as folder:
        one_picture = tf.TensorSpec((1, *model.input_shape[1:]), tf.float32)
        archive = keras.export.ExportArchive()
        archive.track(model)
        archive.add_endpoint("serve", lambda pixels: model(pixels, training=False), [one_picture])
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = representative
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        return bytes(converter.convert())


def photos(paths: Sequence[Path], size: tuple[int, int], *, seed: int = 0) -> list[Picture]:
    """Up to 200 of the photos, drawn by chance, at ``size`` (height, width).

    Raises:
        PictureError: one cannot be read.
    """
    chosen = np.random.default_rng(seed).permutation(len(paths))[:CALIBRATION_PICTURES]
    return [pictures.resized(pictures.read(paths[i]), size) for i in chosen]


def drawn_patterns(size: tuple[int, int], *, seed: int = 0) -> list[Picture]:
    """Coloured noise, coarse over fine: without photos at hand, it stirs the network well enough."""
    random = np.random.default_rng(seed)
    return [_noise(random, size) for _ in range(_DRAWN_PICTURES)]


def _noise(random: np.random.Generator, size: tuple[int, int]) -> Picture:
    canvas = np.zeros((*size, 3))
    for cell in (1, 4, 16, 64):
        grain = random.uniform(0, 1, (size[0] // cell + 1, size[1] // cell + 1, 3))
        canvas += np.kron(grain, np.ones((cell, cell, 1)))[: size[0], : size[1]] * random.uniform(0.2, 1)
    low, high = canvas.min(), canvas.max()
    return np.asarray((canvas - low) / (high - low) * 255, np.uint8)
