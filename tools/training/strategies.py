"""The three ways to train: a head only, a head and the last layers below it, or all from nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from tools.console import Teller
from tools.data.dataset import Example
from tools.networks.pretrained import RANDOM_WEIGHTS, features, on_raw_pixels
from tools.networks.surgery import cut
from tools.plan import Plan, Recipe
from tools.training.classification import Classification, Labelled
from tools.training.fit import Trainer
from tools.training.head import begin_with_what_is_known, class_weights, head
from tools.training.sources import Kept, Photos, Source, keep

_VALIDATION_VIEWS: Final = 6


@dataclass(frozen=True, slots=True)
class Photoset:
    """What to train on, and what to hold it against."""

    train: Sequence[Example]
    validation: Sequence[Example]
    classes: int


class Training:
    """Trains one network by one plan; what was done lies in a folder, from which a killed run goes on."""

    def __init__(self, plan: Plan, photoset: Photoset, *, folder: Path, teller: Teller) -> None:
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
        views = self._plan.views if part == "train" else self._validation_views
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
        weights = [1.0] * self._photoset.classes
        if self._plan.is_balanced:
            weights = class_weights(self._labels["train"].tolist(), self._photoset.classes)
        views = 1 if isinstance(validation, Photos) else self._validation_views
        task = Classification(
            Labelled(train, self._labels["train"]),
            Labelled(validation, self._labels["validation"], views),
            class_weights=weights,
            label_smoothing=recipe.label_smoothing,
        )
        checkpoint = self._folder / f"{recipe.stage}.npz"
        self.history += Trainer(model, recipe, task, checkpoint=checkpoint, teller=self._teller).fit()

    @property
    def _validation_views(self) -> int:
        return min(self._plan.views, _VALIDATION_VIEWS)


def _stacked(below: keras.Model, above: keras.Model) -> keras.Model:
    source = keras.Input(below.input_shape[1:])
    return keras.Model(source, above(below(source)))
