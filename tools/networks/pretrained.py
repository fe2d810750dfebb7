"""The networks of ``backbones.py`` with their weights: Keras's download, a file, or random ones."""

import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import keras

from petdoor.errors import ModelError
from tools.console import first_line
from tools.networks.backbones import Backbone

RANDOM_WEIGHTS: Final = Path("random")
"""``--weights random``: structure and speed can be tried without pretrained weights."""
UNREADABLE: Final = (
    # What Keras, h5py and zipfile raise on files that are damaged, or hold something else.
    *(AttributeError, EOFError, KeyError, OSError, RuntimeError, TypeError, ValueError),
    zipfile.BadZipFile,
)


def imagenet_model(backbone: Backbone, weights: Path | None) -> keras.Model:
    """The whole network: raw RGB 0..255 in, 1000 logits out.

    Args:
        backbone: a row of ``BACKBONES``.
        weights: a Keras weights file; None for Keras's own download; or ``RANDOM_WEIGHTS``.

    Raises:
        ModelError: the weights cannot be had, or do not fit.
    """
    network = _weighted(backbone, weights, include_top=True)
    last = network.layers[-1]
    # Divided in the last layer's weights, where it costs nothing.
    last.set_weights([values / backbone.temperature for values in last.get_weights()])
    return on_raw_pixels(backbone, network)


def features(
    backbone: Backbone, weights: Path | None, *, include_top: bool = False
) -> tuple[keras.Model, keras.Layer | None]:
    """The network below its classes, and the layer of its classes where the weights hold one.

    Args:
        backbone: a row of ``BACKBONES``.
        weights: as for ``imagenet_model``; there is a download for pretrained networks only.
        include_top: keep the network's own dense layers below the classes (VGG16: two of 4096).

    Returns:
        preprocessed pixels in, a vector out; and the 1000-class layer that sat on that vector, where
        the weights hold one.

    Raises:
        ModelError: the weights cannot be had, or do not fit.
    """
    if weights == RANDOM_WEIGHTS and not backbone.is_pretrained:
        return backbone.network(include_top=False), None
    if backbone.has_dense_top and not include_top:
        return _convolutions(backbone, weights), None
    try:
        network = _weighted(backbone, weights, include_top=True)
    except ModelError:
        if backbone.has_dense_top or weights is None or not weights.is_file():
            raise
        # The file may hold the network without its classes.
        return _weighted(backbone, weights, include_top=False), None
    below = keras.Model(network.input, network.layers[-2].output, name=network.name)
    return below, None if weights == RANDOM_WEIGHTS else network.layers[-1]


def on_raw_pixels(backbone: Backbone, network: keras.Model) -> keras.Model:
    """The network with its preprocessing in front: raw RGB 0..255 in."""
    pixels = keras.Input(backbone.input_shape, name="rgb")
    return keras.Model(pixels, network(backbone.preprocess()(pixels)), name=network.name)


def _convolutions(backbone: Backbone, weights: Path | None) -> keras.Model:
    try:
        return _weighted(backbone, weights, include_top=False)
    except ModelError:
        if weights is None or not weights.is_file():
            raise
    # The file may hold the whole network.
    network = _weighted(backbone, weights, include_top=True)
    pooled = keras.layers.GlobalAveragePooling2D()(network.get_layer("flatten").input)
    return keras.Model(network.input, pooled, name=network.name)


def _weighted(backbone: Backbone, weights: Path | None, *, include_top: bool) -> keras.Model:
    if weights is None:
        return _downloaded(backbone, include_top=include_top)
    network = backbone.network(include_top=include_top)
    return network if weights == RANDOM_WEIGHTS else _loaded(network, weights)


def _downloaded(backbone: Backbone, *, include_top: bool) -> keras.Model:
    if not backbone.is_pretrained:
        raise ModelError("nobody offers weights of this network: pass a file of your own with --weights")
    if backbone.size in backbone.pretrained_sizes:
        return _from_keras(backbone, include_top=include_top)
    home = backbone.pretrained_sizes[-1]
    if include_top and backbone.has_dense_top:
        raise ModelError(f"size {backbone.size}: this network's dense layers were trained for {home} px only")
    # Keras hands the weights out at the sizes of their training only.
    network = backbone.network(include_top=include_top)
    network.set_weights(_from_keras(replace(backbone, size=home), include_top=include_top).get_weights())
    return network


def _from_keras(backbone: Backbone, *, include_top: bool) -> keras.Model:
    try:
        return backbone.network(weights="imagenet", include_top=include_top)
    except ModelError:
        raise
    except Exception as error:  # Keras raises the bare Exception when a download fails
        raise ModelError(
            f"Keras could not download the weights ({first_line(error)}); "
            "get them on a connected machine and pass the file with --weights"
        ) from error


def _loaded(network: keras.Model, weights: Path) -> keras.Model:
    if not weights.is_file():
        raise ModelError(f"{weights}: there is no such weights file")
    try:
        # On the way to its error, Keras warns of every layer.
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            network.load_weights(weights)
    except UNREADABLE as error:
        reason = first_line(error).partition(" Example error message")[0]
        raise ModelError(f"{weights}: these weights do not fit {network.name}: {reason}") from error
    return network
