"""Networks of one's own that need no training: they tell the tints of ``tinted.py`` apart by their colour."""

import keras
import numpy as np
from keras import layers

SIZE = 32
# Classes by the alphabet, as the folders give them: a cat is green, a dog red, the other blue.
_COLOUR_TO_CLASS = np.eye(3, dtype=np.float32)[[1, 0, 2]]


def _colours(pixels):
    return layers.GlobalAveragePooling2D()(pixels)


def _scored(mean, *, activation=None, sharpness=8.0):
    dense = layers.Dense(3, activation=activation)
    scores = dense(mean)
    dense.set_weights([sharpness * _COLOUR_TO_CLASS, np.zeros(3, np.float32)])
    return scores


def with_end(activation):
    """A network whose last layer has this activation; pixels come as -1..1."""
    pixels = keras.Input((SIZE, SIZE, 3))
    return keras.Model(pixels, _scored(_colours(pixels), activation=activation), name="mine")


def followed_by(*ends):
    """A network of plain scores with further layers behind them."""
    pixels = keras.Input((SIZE, SIZE, 3))
    x = _scored(_colours(pixels))
    for end in ends:
        x = end(x)
    return keras.Model(pixels, x, name="mine")


def nested():
    """A whole classifier inside another model, as one wraps it to add preprocessing."""
    pixels = keras.Input((SIZE, SIZE, 3))
    return keras.Model(pixels, with_end("softmax")(layers.Identity()(pixels)), name="mine")


def sequential():
    """Layers in a row, with those that only training uses."""
    model = keras.Sequential(
        [keras.Input((SIZE, SIZE, 3)), layers.RandomFlip(), layers.GlobalAveragePooling2D()], name="mine"
    )
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(3, activation="softmax"))
    model.layers[-1].set_weights([8 * _COLOUR_TO_CLASS, np.zeros(3, np.float32)])
    return model


def in_lists_and_dicts():
    """A network that takes a list and yields a dictionary."""
    pixels = keras.Input((SIZE, SIZE, 3))
    return keras.Model([pixels], {"scores": _scored(_colours(pixels), activation="softmax")}, name="mine")


def in_half_floats():
    """A network as a graphics card trains it fastest."""
    half = keras.DTypePolicy("mixed_float16")
    pixels = keras.Input((SIZE, SIZE, 3))
    mean = layers.GlobalAveragePooling2D(dtype=half)(layers.Activation("linear", dtype=half)(pixels))
    return keras.Model(pixels, _scored(mean, activation="softmax"), name="mine")


def brittle():
    """Right in float only: beside a channel a thousand times as large, eight bits lose the colours."""
    pixels = keras.Input((SIZE, SIZE, 3))
    wide = layers.Dense(4, activation="relu")
    last = layers.Dense(3)
    scores = last(wide(_colours(layers.Rescaling(1, offset=1)(pixels))))
    loud = np.full((3, 1), 1000, np.float32)
    wide.set_weights([np.hstack([np.eye(3, dtype=np.float32), loud]), np.zeros(4, np.float32)])
    deaf = np.zeros((1, 3), np.float32)
    last.set_weights([np.vstack([8 * _COLOUR_TO_CLASS, deaf]), np.zeros(3, np.float32)])
    return keras.Model(pixels, scores, name="mine")
