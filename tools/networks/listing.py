"""The networks in words and figures."""

from collections.abc import Iterator

import keras

from tools.console import Teller
from tools.networks.backbones import BACKBONES, Backbone
from tools.networks.pretrained import RANDOM_WEIGHTS, features, on_raw_pixels


def listed(classes: int) -> str:
    """A table of all networks, a line each."""
    head = f"{'network':12} {'parameters':>12} {'input':>9}  {'pretrained':10}  what for"
    return "\n".join([head, *(_line(name, row, classes) for name, row in BACKBONES.items()), "", *_notes()])


def summary(row: Backbone, classes: int, *, include_top: bool, teller: Teller) -> None:
    """Tell the layers of one network, with its preprocessing and its classes, a line each."""
    # Nothing is allocated while shapes alone are asked for.
    with keras.StatelessScope(initialize_variables=False):
        network, _ = features(row, RANDOM_WEIGHTS, include_top=include_top)
        whole = on_raw_pixels(row, network)
        scores = keras.layers.Dense(classes, name="scores")(whole.output)
        told = [_told(layer) for layer in _layers(keras.Model(whole.input, scores))]
    teller.say(f"{'layer':32} {'kind':24} {'output':>20} {'parameters':>12}")
    for line in told:
        teller.say(line)
    teller.say(f"{'all, preprocessing aside':78} {parameters(row, classes, include_top=include_top):12,}")


def parameters(row: Backbone, classes: int, *, include_top: bool = False) -> int:
    """How many numbers there are to learn, its ``classes`` included."""
    with keras.StatelessScope(initialize_variables=False):
        network, _ = features(row, RANDOM_WEIGHTS, include_top=include_top)
        features_count: int = network.output_shape[1]
        return int(network.count_params()) + (features_count + 1) * classes


def _layers(network: keras.Model) -> Iterator[keras.Layer]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _told(layer: keras.Layer) -> str:
    shape = " x ".join(map(str, layer.output.shape[1:]))
    return f"{layer.name:32} {type(layer).__name__:24} {shape:>20} {layer.count_params():12,}"


def _line(name: str, row: Backbone, classes: int) -> str:
    count, pixels = parameters(row, classes), f"{row.size} px"
    pretrained = "ImageNet" if row.is_pretrained else "no"
    return f"{name:12} {count:12,} {pixels:>9}  {pretrained:10}  {row.about}; pixels {row.preprocessing}"


def _notes() -> list[str]:
    tops = [
        f"{name} with its own dense layers (--include-top): {parameters(row, 1000, include_top=True):,}"
        for name, row in BACKBONES.items()
        if row.has_dense_top
    ]
    widths = [
        f"{name} has the widths --alpha {', '.join(f'{alpha:g}' for alpha in row.alphas)}"
        for name, row in BACKBONES.items()
        if row.alphas
    ]
    return [*tops, *widths]
