"""The networks that beginners compare with, for training from nothing.

Each takes preprocessed pixels and, like those of ``keras.applications``, returns its layers up to the
last but one or, with ``include_top``, its ``classes`` scores as well.
"""

import keras
from keras import layers

_CONVOLUTIONS_AND_POOLS = ((64, 11, 4, True), (192, 5, 1, True), (384, 3, 1, False), (256, 3, 1, False))


def mlp(*, input_shape: tuple[int, int, int], include_top: bool, classes: int = 1000) -> keras.Model:
    """No convolution at all: every pixel to 128 neurons."""
    pixels = keras.Input(input_shape)
    hidden = layers.Dense(128, activation="relu")(layers.Flatten()(pixels))
    return _network("mlp", pixels, hidden, classes if include_top else None)


def cnn(*, input_shape: tuple[int, int, int], include_top: bool, classes: int = 1000) -> keras.Model:
    """Three convolutions of 16, 32 and 64 filters, each halved, and 512 neurons."""
    pixels = x = keras.Input(input_shape)
    for filters in (16, 32, 64):
        x = layers.MaxPooling2D()(layers.Conv2D(filters, 3, padding="same", activation="relu")(x))
    hidden = layers.Dense(512, activation="relu")(layers.Flatten()(x))
    return _network("cnn", pixels, hidden, classes if include_top else None)


def alexnet(*, input_shape: tuple[int, int, int], include_top: bool, classes: int = 1000) -> keras.Model:
    """AlexNet as torchvision has it ("One weird trick", arXiv:1404.5997): one tower, no normalisation."""
    pixels = x = keras.Input(input_shape)
    for filters, size, stride, is_pooled in _CONVOLUTIONS_AND_POOLS:
        x = layers.ZeroPadding2D(2 if size > 3 else 1)(x)
        x = layers.Conv2D(filters, size, stride, activation="relu")(x)
        x = layers.MaxPooling2D(3, 2)(x) if is_pooled else x
    x = layers.Conv2D(256, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(layers.MaxPooling2D(3, 2)(x))
    for _ in range(2):
        x = layers.Dense(4096, activation="relu")(layers.Dropout(0.5)(x))
    return _network("alexnet", pixels, x, classes if include_top else None)


def _network(
    name: str, pixels: keras.KerasTensor, features: keras.KerasTensor, classes: int | None
) -> keras.Model:
    scores = features if classes is None else layers.Dense(classes, name="scores")(features)
    return keras.Model(pixels, scores, name=name)
