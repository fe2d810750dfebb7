"""Cutting a network in two: a lower part that stays as it is, and an upper part that learns."""

from typing import Any

import keras


def cut(network: keras.Model, learning_layers: int) -> tuple[keras.Model, keras.Model]:
    """The frozen lower part and the upper part, which holds the last ``learning_layers`` layers.

    What the lower part yields never changes, so it can be computed once and kept. The cut is made where
    a single tensor crosses; layers between it and the learning ones lie in the upper part but are frozen.
    Batch normalisation keeps its statistics: a few hundred photos would only make them worse.

    Args:
        network: a functional model of one input and one output.
        learning_layers: how many of the last layers learn; 0 for none, more than there are for all.
    """
    layers = network.layers[1:]
    learning = layers[max(0, len(layers) - learning_layers) :]
    for layer in layers:
        layer.trainable = layer in learning and not isinstance(layer, keras.layers.BatchNormalization)
    crossing = _single_crossing(network, len(layers) - len(learning))
    if crossing is network.input:
        return _nothing(network.input_shape), network
    if crossing is network.output:
        return network, _nothing(network.output_shape)
    lower = keras.Model(network.input, crossing, name=f"{network.name}_lower")
    return lower, keras.Model(crossing, network.output, name=f"{network.name}_upper")


def _single_crossing(network: keras.Model, first: int) -> Any:
    """The tensor at or below layer ``first`` that alone feeds everything above it."""
    layers = network.layers[1:]
    for cut_at in range(first, 0, -1):
        above = {layer.name for layer in layers[cut_at:]}
        crossing = {
            id(tensor): tensor
            for tensor in _inputs(layers[cut_at:], network.output)
            if tensor._keras_history.operation.name not in above  # noqa: SLF001 -- the only way to a tensor's layer
        }
        if len(crossing) == 1:
            return next(iter(crossing.values()))
    return network.input


def _inputs(layers: list[keras.Layer], output: Any) -> list[Any]:
    return [output, *(tensor for layer in layers for tensor in keras.tree.flatten(layer.input))]


def _nothing(shape: tuple[int | None, ...]) -> keras.Model:
    arrays = keras.Input(shape[1:])
    return keras.Model(arrays, keras.layers.Identity()(arrays))
