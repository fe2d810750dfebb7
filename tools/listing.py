"""The networks in words and figures."""

import keras

from tools.backbones import BACKBONES, Backbone
from tools.console import Teller
from tools.pretrained import RANDOM_WEIGHTS, features, on_raw_pixels


def listed(classes: int) -> str:
    """A table of all networks, a line each."""
    head = f"{'network':12} {'parameters':>12} {'input':>9}  {'pretrained':10}  what for"
    return "\n".join([head, *(_line(name, row, classes) for name, row in BACKBONES.items()), "", *_notes()])


def summary(row: Backbone, classes: int, *, include_top: bool, teller: Teller) -> None:
    """Tell the layers of one network, with its preprocessing and its classes."""
    network, _ = features(row, RANDOM_WEIGHTS, include_top=include_top)
    whole = on_raw_pixels(row, network)
    scores = keras.layers.Dense(classes, name="scores")(whole.output)
    keras.Model(whole.input, scores, name=network.name).summary(
        print_fn=lambda text, **_: teller.say(str(text)), expand_nested=True, line_length=100
    )


def parameters(row: Backbone, classes: int, *, include_top: bool = False) -> int:
    """How many numbers there are to learn, its ``classes`` included."""
    # Nothing is allocated while shapes alone are asked for.
    with keras.StatelessScope():
        network, _ = features(row, RANDOM_WEIGHTS, include_top=include_top)
        features_count: int = network.output_shape[1]
        return int(network.count_params()) + (features_count + 1) * classes


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
