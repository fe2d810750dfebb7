"""The network that ships with petdoor: a residual network small enough to be learnt from nothing.

Plain 3 x 3 convolutions, because two processor cores train them several times faster than the depthwise
ones of MobileNetV2, and a Raspberry Pi runs them just as well once they are integers. Residual blocks as in
He et al., arXiv:1512.03385, with shortcuts that average before they shrink ("ResNet-D", arXiv:1812.01187).
"""

from typing import Final

import keras
from keras import layers

_STEM_FILTERS: Final = 24
_BLOCKS: Final = ((40, 2), (80, 2), (144, 2), (144, 1), (208, 2))
"""Filters and stride of each residual block."""
_FEATURES: Final = 256


def petnet(*, input_shape: tuple[int, int, int], include_top: bool, classes: int = 1000) -> keras.Model:
    """Preprocessed pixels in; 256 features, or with ``include_top`` scores of ``classes`` classes, out."""
    pixels = keras.Input(input_shape)
    x = _convolved(pixels, _STEM_FILTERS, stride=2)
    for filters, stride in _BLOCKS:
        x = _block(x, filters, stride)
    x = layers.GlobalAveragePooling2D()(_convolved(x, _FEATURES, size=1))
    scores = layers.Dense(classes, name="scores", dtype="float32")(x) if include_top else x
    return keras.Model(pixels, scores, name="petnet")


def _block(x: keras.KerasTensor, filters: int, stride: int) -> keras.KerasTensor:
    y = _normalised(_convolved(x, filters, stride=stride), filters)
    if stride > 1:
        x = layers.AveragePooling2D(stride, padding="same")(x)
    if x.shape[-1] != filters:
        x = _normalised(x, filters, size=1)
    return layers.ReLU()(layers.Add()([x, y]))


def _convolved(x: keras.KerasTensor, filters: int, *, size: int = 3, stride: int = 1) -> keras.KerasTensor:
    return layers.ReLU()(_normalised(x, filters, size=size, stride=stride))


def _normalised(x: keras.KerasTensor, filters: int, *, size: int = 3, stride: int = 1) -> keras.KerasTensor:
    x = layers.Conv2D(filters, size, stride, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)
