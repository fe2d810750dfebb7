"""The classes of one's own on top of a network's features."""

from collections.abc import Sequence
from typing import Any, Final

import keras
import numpy as np
from numpy.typing import NDArray

from tools.training.classification import Labelled

_SHARPNESS: Final = 3.0


def head(features: int, classes: int, *, hidden: int, dropout: float, seed: int) -> keras.Model:
    """Features in, logits out, with ``hidden`` neurons between them unless that is 0."""
    vector = keras.Input((features,))
    x = keras.layers.Dropout(dropout, seed=seed)(vector)
    if hidden:
        x = keras.layers.Dense(hidden, activation="relu")(x)
        x = keras.layers.Dropout(dropout, seed=seed + 1)(x)
    return keras.Model(vector, keras.layers.Dense(classes, name="scores")(x), name="head")


def begin_with_what_is_known(own: keras.Model, known: keras.Layer, train: Labelled) -> None:
    """Start each class from the ImageNet classes that the pretrained network sees on its photos.

    A class's first weights are those of the 1000 classes, weighted by how probable they are on average
    over the class's training photos. A breed the network knows is recognised before training begins.

    Args:
        own: a head without hidden neurons.
        known: the dense layer of 1000 classes that sat on the same features.
        train: the features of the training photos.
    """
    weights, _ = known.get_weights()
    sums = np.zeros((weights.shape[1], own.output_shape[1]))
    for index, label in enumerate(train.labels):
        sums[:, label] += _softmax(np.float32(train.source.view(index, 0)) @ weights)
    means = sums / np.maximum(1, np.bincount(train.labels, minlength=own.output_shape[1]))
    start = weights @ means
    start -= start.mean(axis=1, keepdims=True)
    own.layers[-1].set_weights([_SHARPNESS * start, np.zeros(own.output_shape[1])])


def _softmax(scores: NDArray[Any]) -> NDArray[Any]:
    exponentials = np.exp(scores - scores.max())
    return np.asarray(exponentials / exponentials.sum())


def class_weights(labels: Sequence[int], classes: int) -> list[float]:
    """So that each class counts the same, however many photos it has."""
    counts = np.bincount(labels, minlength=classes)
    return [len(labels) / classes / count if count else 0.0 for count in counts.tolist()]
