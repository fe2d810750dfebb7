"""The three ways to train: a head only, a head and the last layers below it, or all from nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from petdoor.errors import ModelError
from tools.backbones import Backbone
from tools.console import Teller
from tools.dataset import Example
from tools.fit import Labelled, Recipe, Trainer
from tools.head import begin_with_what_is_known, class_weights, head
from tools.pretrained import RANDOM_WEIGHTS, features, on_raw_pixels
from tools.sources import Kept, Photos, Source, keep
from tools.surgery import cut

STRATEGIES: Final = ("head", "fine-tune", "scratch")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train and how.

    Attributes:
        backbone: the network.
        strategy: one of ``STRATEGIES``.
        weights: a weights file, None for Keras's download, or ``RANDOM_WEIGHTS``.
        include_top: keep the network's own dense layers (VGG16).
        hidden: neurons between features and classes; 0 for none.
        dropout: the share of features left out at each step.
        layers: how many of the last layers fine-tuning lets learn.
        views: in how many different ways each photo is looked at where features are computed once.
        head: how the head settles, or is all that is trained.
        rest: how the layers below it, or the whole network, are trained.
    """

    backbone: Backbone
    strategy: str
    weights: Path | None
    include_top: bool
    hidden: int
    dropout: float
    layers: int
    views: int
    head: Recipe
    rest: Recipe

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ModelError: the backbone has nothing to transfer.
        """
        if self.strategy != "scratch" and not self.backbone.is_pretrained:
            raise ModelError("this backbone has no pretrained weights to build on: use --strategy scratch")


@dataclass(frozen=True, slots=True)
class Photoset:
    """What to train on, and what to hold it against."""

    train: Sequence[Example]
    validation: Sequence[Example]
    classes: int


class Training:
    """Trains one network by one plan; what was done lies in a folder, from which a killed run goes on."""

    def __init__(self, plan: Plan, photoset: Photoset, *, folder: Path, teller: Teller) -> None:
        plan.check()
        self._plan, self._photoset, self._folder, self._teller = plan, photoset, folder, teller
        self._labels = {
            "train": np.array([example.label for example in photoset.train], np.int64),
            "validation": np.array([example.label for example in photoset.validation], np.int64),
        }
        self.history: list[dict[str, Any]] = []

    def run(self) -> keras.Model:
        """The trained network: raw RGB 0..255 in, logits out.

        Raises:
            ModelError: the weights cannot be had, or do not fit.
            TrainingError: the training went wrong.
            OSError: the folder cannot be written.
        """
        plan = self._plan
        weights = RANDOM_WEIGHTS if plan.strategy == "scratch" else plan.weights
        network, known = features(plan.backbone, weights, include_top=plan.include_top)
        own = head(
            network.output_shape[1],
            self._photoset.classes,
            hidden=plan.hidden,
            dropout=plan.dropout,
            seed=plan.rest.seed,
        )
        whole = on_raw_pixels(plan.backbone, _stacked(network, own))
        if plan.strategy == "scratch":
            self._fit(whole, plan.rest, self._photos("train"), self._photos("validation"))
        elif plan.strategy == "head":
            self._settle(own, known, on_raw_pixels(plan.backbone, network))
        else:
            self._fine_tune(network, own, known)
        return whole

    def _fine_tune(self, network: keras.Model, own: keras.Model, known: keras.Layer | None) -> None:
        lower, upper = cut(network, self._plan.layers)
        frozen = on_raw_pixels(self._plan.backbone, lower)
        train, validation = (self._kept(frozen, self._photos(part), part, "lower") for part in self._labels)
        self._settle(own, known, upper, train, validation)
        self._fit(_stacked(upper, own), self._plan.rest, train, validation)

    def _settle(
        self,
        own: keras.Model,
        known: keras.Layer | None,
        below: keras.Model,
        *sources: Source,
    ) -> None:
        """Train the head on features that are computed once."""
        train, validation = (
            self._kept(below, source, part, "features")
            for part, source in zip(self._labels, sources or map(self._photos, self._labels), strict=True)
        )
        if known is not None and not self._plan.hidden:
            begin_with_what_is_known(own, known, Labelled(train, self._labels["train"]))
        self._fit(own, self._plan.head, train, validation)

    def _kept(self, network: keras.Model, source: Source, part: str, what: str) -> Kept:
        views = self._plan.views if part == "train" else 1
        return keep(
            network,
            source,
            self._folder / f"{what}-{part}",
            views=views,
            doing=f"{what} of {part} photos",
            teller=self._teller,
        )

    def _photos(self, part: str) -> Photos:
        examples = self._photoset.train if part == "train" else self._photoset.validation
        size = (self._plan.backbone.size, self._plan.backbone.size)
        return Photos([example.path for example in examples], size, self._plan.rest.seed)

    def _fit(self, model: keras.Model, recipe: Recipe, train: Source, validation: Source) -> None:
        trainer = Trainer(
            model,
            recipe,
            class_weights=class_weights(self._labels["train"].tolist(), self._photoset.classes),
            checkpoint=self._folder / f"{recipe.stage}.npz",
            teller=self._teller,
        )
        self.history += trainer.fit(
            Labelled(train, self._labels["train"]), Labelled(validation, self._labels["validation"])
        )


def _stacked(below: keras.Model, above: keras.Model) -> keras.Model:
    source = keras.Input(below.input_shape[1:])
    return keras.Model(source, above(below(source)))
