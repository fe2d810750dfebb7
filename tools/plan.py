"""What a training is told, checked before TensorFlow is loaded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petdoor.core.species import OTHER
from petdoor.errors import DataError, ModelError
from tools.data.dataset import Dataset, require_two_classes
from tools.data.taxonomy import species_of
from tools.networks.backbones import Backbone
from tools.output import make_way

STRATEGIES: Final = ("head", "fine-tune", "scratch")
OPTIMISERS: Final = ("adamw", "adam", "sgd")
SCHEDULES: Final = ("cosine", "constant")
DISTRIBUTIONS: Final = ("none", "mirrored", "multi-worker")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train one stage.

    Attributes:
        stage: its name, for people.
        epochs: passes over the training examples, at most.
        learning_rate: the largest one.
        batch: examples a step, over all workers together.
        optimiser: one of ``OPTIMISERS``.
        schedule: one of ``SCHEDULES``; both begin with a warm-up of a tenth of all steps.
        patience: epochs without a better validation loss after which to stop.
        label_smoothing: the share of certainty taken from the true class.
        memory: how much of the averaged weights stays at each step; they are what is kept, because they
            judge better and more evenly than those of any one step. 0 for no average.
        weight_decay: the share by which AdamW shrinks the weights at each step, times the learning rate.
        seed: decides order and views.
    """

    stage: str
    epochs: int
    learning_rate: float
    batch: int = 32
    optimiser: str = "adamw"
    schedule: str = "cosine"
    patience: int = 10
    label_smoothing: float = 0.0
    memory: float = 0.998
    weight_decay: float = 1e-4
    seed: int = 0


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
        is_balanced: whether each class counts the same, however many photos it has.
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
    is_balanced: bool
    views: int
    head: Recipe
    rest: Recipe

    def check(self) -> None:
        """Refuse what cannot work.

        Raises:
            ModelError: the backbone has nothing to transfer, or weights are given that are not used.
        """
        if self.strategy == "scratch" and self.weights:
            raise ModelError("--strategy scratch learns from nothing: leave out --weights")
        if self.strategy != "scratch" and self.weights is None and not self.backbone.is_pretrained:
            raise ModelError(
                "this backbone has no pretrained weights to build on: use --strategy scratch, or name a "
                "file of its weights with --weights"
            )


@dataclass(frozen=True, slots=True)
class Wish:
    """What the finished model must be.

    Attributes:
        max_drop: how many points of accuracy quantising may cost.
        false_accept: the share of animals without admission that may be admitted, 0..1.
        admit: the species that may pass.
    """

    max_drop: float = 1.0
    false_accept: float = 0.01
    admit: Sequence[str] = ("dog",)

    def species_of(self, classes: Sequence[str], given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The species of each class; one that is to be admitted by its own name is a species of its own."""
        admitted = {name: (name,) for name in self.admit if name in classes and name not in given}
        return species_of(classes, {**admitted, **given})

    def check(self, species: Sequence[str]) -> None:
        """Refuse to begin when no photo shows what is to be admitted.

        Raises:
            DataError: ``species``, of each class, lack one.
        """
        if not self.admit:
            raise DataError("--admit names nobody: a door that admits nobody needs no model")
        if OTHER in self.admit:
            raise DataError("--admit other: 'other' is everything unknown; it may never pass")
        unknown, known = set(self.admit) - set(species), sorted(set(species) - {OTHER})
        if unknown:
            there = f"there are: {', '.join(known[:10])}" if known else "all of them are 'other'"
            raise DataError(
                f"no class is a {', '.join(sorted(unknown))}; {there}. Choose with --admit who may pass, "
                "or say with --species which classes are which, as in --species dog=rex,bella"
            )


@dataclass(frozen=True, slots=True)
class Job:
    """Everything a training is told.

    Attributes:
        dataset: the labelled photos.
        name: what the backbone is called.
        plan: what to train and how.
        species: which classes make up a species, where their names do not say it.
        shares: of training, validation and test photos.
        wish: what the finished model must be.
        output: the model file to write.
        folder: where a killed run is gone on from; removed when all is done.
        distribute: one of ``distribution.DISTRIBUTIONS``.
        test: labelled photos to judge the finished model on, instead of a share of ``dataset``.
    """

    dataset: Dataset
    name: str
    plan: Plan
    species: Mapping[str, Sequence[str]]
    shares: tuple[float, float, float]
    wish: Wish
    output: Path
    folder: Path
    distribute: str = "none"
    test: Dataset | None = None

    @property
    def classes_species(self) -> tuple[str, ...]:
        """The species of each class of the photos."""
        return self.wish.species_of(self.dataset.classes, self.species)

    def check(self) -> None:
        """Refuse to begin what cannot end well.

        Raises:
            DataError: the photos are of one class, of nobody who may pass, or the test's of strangers.
            ModelError: the network has nothing to transfer.
            OSError: the output cannot be written.
        """
        require_two_classes(self.dataset)
        self.plan.check()
        self.wish.check(self.classes_species)
        strangers = set(self.test.classes) - set(self.dataset.classes) if self.test else set()
        if strangers:
            raise DataError(f"--test has classes that --data lacks: {', '.join(sorted(strangers)[:10])}")
        make_way(self.output)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a conversion is told.

    Attributes:
        model: a Keras file: ``.keras``, or ``.h5`` with its layers.
        input_range: what black and white are to the model.
        dataset: labelled photos to calibrate with and to compare on.
        labels: a file of class names in the order of the outputs; None for the data's own classes.
        species: which classes make up a species, where their names do not say it.
        wish: what the result must be.
        output: the file to write.
    """

    model: Path
    input_range: tuple[float, float]
    dataset: Dataset
    labels: Path | None
    species: Mapping[str, Sequence[str]]
    wish: Wish
    output: Path
