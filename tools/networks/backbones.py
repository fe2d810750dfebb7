"""The networks a door can be built on, as data. A new one is one row.

Keras is imported by the functions, not by the module, so that ``--help`` can name the rows at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from petdoor.errors import ModelError
from tools.console import first_line

if TYPE_CHECKING:
    import keras

_CAFFE_MEANS_BGR: Final = (103.939, 116.779, 123.68)
_TORCH_MEANS: Final = (0.485, 0.456, 0.406)
_TORCH_DEVIATIONS: Final = (0.229, 0.224, 0.225)


@dataclass(frozen=True, slots=True)
class Backbone:
    """A network, and what its input means.

    Attributes:
        about: what it is good for, for a person who chooses.
        build: makes the network as ``keras.applications`` do.
        preprocess: the layer that turns raw 0..255 RGB into what the network was trained on. It becomes
            part of the graph, so that camera bytes are the input and no setting can be wrong.
        preprocessing: the same in words.
        size: height and width of its input, in pixels, unless another is asked for.
        smallest: the least that leaves anything of a picture at its end.
        pretrained_sizes: those that ImageNet weights were trained at.
        alpha: the width multiplier, where there is one.
        alphas: the multipliers there are pretrained weights for.
        is_pretrained: whether there are ImageNet weights.
        has_dense_top: whether dense layers lie between its features and its classes.
        temperature: divides the logits of the ImageNet network, so that probabilities mean what they say.
    """

    about: str
    build: Callable[..., "keras.Model"]
    preprocess: Callable[[], "keras.Layer"]
    preprocessing: str
    size: int
    smallest: int = 32
    pretrained_sizes: tuple[int, ...] = (224,)
    alpha: float | None = None
    alphas: tuple[float, ...] = ()
    is_pretrained: bool = True
    has_dense_top: bool = False
    temperature: float = 1.0

    def chosen(self, *, size: int | None = None, alpha: float | None = None) -> "Backbone":
        """This row with another input size or width.

        Raises:
            ModelError: this network has no such width, or cannot be that small.
        """
        if size is not None and size < self.smallest:
            raise ModelError(f"size {size}: this network needs {self.smallest} pixels at least")
        if alpha is not None and alpha not in self.alphas:
            raise ModelError(f"alpha {alpha:g}: this network has {self._alphas_in_words()}")
        return replace(self, size=size or self.size, alpha=alpha or self.alpha)

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the input."""
        return self.size, self.size, 3

    def network(self, *, weights: str | None = None, include_top: bool = True) -> "keras.Model":
        """The bare network on preprocessed pixels: 1000 logits, or with ``include_top=False`` features.

        Raises:
            ModelError: it cannot be built at this size.
        """
        options: dict[str, Any] = {} if self.alpha is None else {"alpha": self.alpha}
        if self.is_pretrained:
            options |= {"weights": weights}
            options |= {"classifier_activation": None} if include_top else {"pooling": "avg"}
        try:
            return self.build(input_shape=self.input_shape, include_top=include_top, **options)
        except ValueError as error:
            raise ModelError(f"no network of {self.size} px: {first_line(error)}") from error

    def _alphas_in_words(self) -> str:
        return f"the widths {', '.join(f'{a:g}' for a in self.alphas)}" if self.alphas else "one width only"


def _application(name: str) -> Callable[..., "keras.Model"]:
    def build(**options: Any) -> "keras.Model":
        import keras

        return getattr(keras.applications, name)(**options)

    return build


def _from_scratch(name: str) -> Callable[..., "keras.Model"]:
    def build(**options: Any) -> "keras.Model":
        from tools.networks import from_scratch as networks

        network: keras.Model = getattr(networks, name)(**options)
        return network

    return build


def _petnet(**options: Any) -> "keras.Model":
    from tools.networks.petnet import petnet

    return petnet(**options)


def _minus_one_to_one() -> "keras.Layer":
    import keras

    return keras.layers.Rescaling(1 / 127.5, offset=-1)


def _zero_to_one() -> "keras.Layer":
    import keras

    return keras.layers.Rescaling(1 / 255)


def _torch_normalised() -> "keras.Layer":
    import keras

    scale = [1 / (255 * deviation) for deviation in _TORCH_DEVIATIONS]
    offset = [-m / d for m, d in zip(_TORCH_MEANS, _TORCH_DEVIATIONS, strict=True)]
    return keras.layers.Rescaling(scale, offset=offset)


def _caffe_centred() -> "keras.Layer":
    """Channels reversed, means subtracted: a frozen 1 x 1 convolution, which quantises like any other."""
    import keras
    import numpy as np

    layer = keras.layers.Conv2D(3, 1, trainable=False, name="caffe_preprocessing")
    layer.build((None, None, None, 3))
    reverse = np.eye(3, dtype=np.float32)[::-1].reshape(1, 1, 3, 3)
    layer.set_weights([reverse, -np.array(_CAFFE_MEANS_BGR, np.float32)])
    return layer


BACKBONES: Final[dict[str, Backbone]] = {
    "mobilenetv2": Backbone(
        about="small and quick: the one for a Raspberry Pi",
        build=_application("MobileNetV2"),
        preprocess=_minus_one_to_one,
        preprocessing="to -1..1",
        size=224,
        pretrained_sizes=(96, 128, 160, 192, 224),
        alpha=1.0,
        alphas=(0.35, 0.5, 0.75, 1.0, 1.3, 1.4),
        # Where the log loss of dog, cat and other is least on 2,461 photos: 1.03, against 1.34 at 1.
        temperature=0.7,
    ),
    "vgg16": Backbone(
        about="large and slow, known from every course",
        build=_application("VGG16"),
        preprocess=_caffe_centred,
        preprocessing="BGR, ImageNet means subtracted",
        size=224,
        has_dense_top=True,
    ),
    "resnet50": Backbone(
        about="the usual yardstick",
        build=_application("ResNet50"),
        preprocess=_caffe_centred,
        preprocessing="BGR, ImageNet means subtracted",
        size=224,
    ),
    "petnet": Backbone(
        about="petdoor's own, of the model that ships: learnt from another network with tools distil",
        build=_petnet,
        preprocess=_minus_one_to_one,
        preprocessing="to -1..1",
        size=128,
        is_pretrained=False,
    ),
    "mlp": Backbone(
        about="no convolution: what a picture classifier must beat",
        build=_from_scratch("mlp"),
        preprocess=_zero_to_one,
        preprocessing="to 0..1",
        size=64,
        smallest=1,
        is_pretrained=False,
    ),
    "cnn": Backbone(
        about="three convolutions: a first network of one's own",
        build=_from_scratch("cnn"),
        preprocess=_zero_to_one,
        preprocessing="to 0..1",
        size=160,
        smallest=8,
        is_pretrained=False,
    ),
    "alexnet": Backbone(
        about="the network of 2012, as torchvision has it",
        build=_from_scratch("alexnet"),
        preprocess=_torch_normalised,
        preprocessing="to 0..1, ImageNet mean and deviation",
        size=224,
        smallest=63,
        is_pretrained=False,
    ),
}
