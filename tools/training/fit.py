"""The training loop: reproducible from its seed, keeps the best weights, goes on after a kill.

A loop of our own instead of Keras's ``fit``, because that neither runs on several workers (Keras 3 on
TensorFlow) nor starts again in the middle with the same order of pictures.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from petdoor.errors import ConfigError, TrainingError
from tools.console import Teller
from tools.plan import Recipe
from tools.training.average import Average
from tools.training.checkpoint import Checkpoint, Progress
from tools.training.sources import Source, batches

_EVALUATION_BATCH: Final = 64
_TEMPERATURES: Final = np.arange(0.5, 4, 0.1)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A source and the class of each of its arrays (int64).

    Attributes:
        source: the arrays.
        labels: their classes.
        views: how many views of each to validate on; more of them tell two epochs apart more surely.
    """

    source: Source
    labels: NDArray[np.int64]
    views: int = 1


class Trainer:
    """Trains one model by one recipe, under TensorFlow's current distribution strategy."""

    def __init__(
        self,
        model: keras.Model,
        recipe: Recipe,
        *,
        class_weights: Sequence[float],
        checkpoint: Path,
        teller: Teller,
    ) -> None:
        """Nothing is trained yet.

        Args:
            model: arrays of the sources in, logits out.
            recipe: how.
            class_weights: what a mistake on each class costs.
            checkpoint: the file that a later run goes on from.
            teller: told after each epoch.
        """
        self._model, self._recipe, self._teller = model, recipe, teller
        self._class_weights = np.asarray(class_weights, np.float32)
        self._checkpoint = Checkpoint(checkpoint)
        self._strategy = tf.distribute.get_strategy()
        self._loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing, reduction=None
        )

    def fit(self, train: Labelled, validation: Labelled) -> list[dict[str, Any]]:
        """Train, and leave the model with the weights that did best on validation.

        Returns:
            one mapping an epoch: stage, epoch, loss, val_loss and val_accuracy.

        Raises:
            ConfigError: the batch cannot be shared out.
            TrainingError: the loss is not a number any more.
            OSError: the checkpoint cannot be written.
        """
        self._check_batch(len(train.labels))
        with self._strategy.scope():
            self._optimiser = _optimiser(self._recipe, len(train.labels))
            self._optimiser.build(self._model.trainable_variables)
            self._average = Average(self._model.variables, self._recipe.memory)
        variables = [*self._model.variables, *self._optimiser.variables, *self._average.variables]
        progress = self._checkpoint.restore(variables)
        step, scores = tf.function(self._distributed_step), tf.function(self._scores)
        if progress.epochs_done:
            self._teller.say(f"{self._recipe.stage}: going on after epoch {progress.epochs_done}")
        else:
            # What it was before may turn out better than anything that follows.
            best_loss, _ = self._validate(scores, validation)
            progress = Progress(best_loss=best_loss, best_weights=self._weights())
        while progress.epochs_done < self._recipe.epochs and not self._is_settled(progress):
            epoch, began = progress.epochs_done, time.monotonic()
            loss = self._epoch(step, train, epoch)
            with self._average.in_place():
                val_loss, val_accuracy = self._validate(scores, validation)
                weights = self._weights()
            row = {"stage": self._recipe.stage, "epoch": epoch + 1, "loss": loss}
            progress = progress.after({**row, "val_loss": val_loss, "val_accuracy": val_accuracy}, weights)
            self._checkpoint.save(progress, variables)
            self._tell(progress, time.monotonic() - began)
        for variable, value in zip(self._model.variables, progress.best_weights, strict=True):
            variable.assign(value)
        return [dict(epoch) for epoch in progress.history]

    def _check_batch(self, examples: int) -> None:
        replicas, batch = self._strategy.num_replicas_in_sync, self._recipe.batch
        if batch % replicas or (replicas > 1 and examples < batch):
            raise ConfigError(
                f"--batch {batch}: {replicas} devices or workers share each batch; it must be a multiple of "
                f"{replicas}, such as {max(1, batch // replicas) * replicas}, and at most {examples}"
            )

    def _is_settled(self, progress: Progress) -> bool:
        return progress.epochs_since_best >= self._recipe.patience

    def _epoch(self, step: Any, train: Labelled, epoch: int) -> float:
        count, recipe = len(train.labels), self._recipe
        order = np.random.default_rng((recipe.seed, epoch)).permutation(count)
        views = np.random.default_rng((recipe.seed, epoch, 1)).integers(0, 2**62, count)
        dataset = self._shared(train, order, views)
        total, steps = 0.0, math.ceil(count / recipe.batch)
        doing = f"{recipe.stage} {epoch + 1}/{recipe.epochs}"
        for batch in self._teller.track(dataset, doing, total=steps):
            total += float(step(batch))
        if not np.isfinite(total):
            raise TrainingError(
                f"{recipe.stage}: the loss is not a number any more; try a smaller --learning-rate"
            )
        return total / float(self._class_weights[train.labels].sum())

    def _shared(self, train: Labelled, order: NDArray[np.int64], views: NDArray[np.int64]) -> Any:
        """Each worker's share of every batch, so that all of them together make the batch that one would."""

        def of_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
            workers, replicas = context.num_input_pipelines, self._strategy.num_replicas_in_sync
            # A device without an example in the last batch would spoil all: it is left out.
            whole = order if workers == replicas else order[: -(len(order) % self._recipe.batch) or None]
            mine = _share(whole, self._recipe.batch, context.input_pipeline_id, workers)
            batch = self._recipe.batch // replicas
            arrays = batches(train.source, mine, views[mine], batch=batch)
            labels = tf.data.Dataset.from_tensor_slices(train.labels[mine]).batch(batch)
            return tf.data.Dataset.zip(arrays, labels)

        return self._strategy.distribute_datasets_from_function(of_worker)

    def _distributed_step(self, batch: Any) -> Any:
        loss = self._strategy.reduce("SUM", self._strategy.run(self._step, args=batch), axis=None)
        self._average.update()
        return loss

    def _step(self, arrays: Any, labels: Any) -> Any:
        one_hot = tf.one_hot(labels, len(self._class_weights))
        with tf.GradientTape() as tape:
            scores = self._model(tf.cast(arrays, tf.float32), training=True)
            weighted = self._loss(one_hot, scores) * tf.gather(self._class_weights, labels)
            # Divided by the whole batch: the workers' gradients are added up.
            loss = tf.reduce_sum(weighted) / self._recipe.batch
        variables = self._model.trainable_variables
        self._optimiser.apply(tape.gradient(loss, variables), variables)
        return loss * self._recipe.batch

    def _scores(self, arrays: Any) -> Any:
        return self._model(tf.cast(arrays, tf.float32), training=False)

    def _validate(self, scores: Any, validation: Labelled) -> tuple[float, float]:
        """Mean log loss over all views, and accuracy on the plain ones.

        Each class weighs the same as in training. The loss is taken at the temperature at which it is
        least: a network grows too sure of itself long before it stops judging better.
        """
        count = len(validation.labels)
        indices, labels = (np.tile(a, validation.views) for a in (np.arange(count), validation.labels))
        views = np.repeat(np.arange(validation.views), count)
        arrays = batches(validation.source, indices, views, batch=_EVALUATION_BATCH)
        logits = np.concatenate([scores(batch).numpy() for batch in arrays]).astype(np.float64)
        weights = self._class_weights[labels]
        loss = min(_log_loss(logits / warmth, labels, weights) for warmth in _TEMPERATURES)
        plain_are_right = logits[:count].argmax(axis=1) == validation.labels
        return self._agreed(loss), float(plain_are_right.mean())

    def _agreed(self, value: float) -> float:
        """The mean over all workers, so that they stop at the same epoch."""
        return float(self._strategy.reduce("MEAN", self._strategy.run(lambda: tf.constant(value)), axis=None))

    def _weights(self) -> list[NDArray[Any]]:
        return [variable.numpy() for variable in self._model.variables]

    def _tell(self, progress: Progress, seconds: float) -> None:
        row, left = progress.history[-1], self._recipe.epochs - progress.epochs_done
        best = "  best so far" if progress.epochs_since_best == 0 else ""
        self._teller.say(
            f"{row['stage']} {row['epoch']:3}/{self._recipe.epochs}  loss {row['loss']:.3f}  "
            f"validation {row['val_loss']:.3f}, {row['val_accuracy']:.1%} right  "
            f"{seconds:.0f} s, at most {left * seconds / 60:.0f} min left{best}"
        )


def _share(order: NDArray[np.int64], batch: int, worker: int, workers: int) -> NDArray[np.int64]:
    """What one of several workers does of each batch; what cannot be shared out evenly is left out."""
    even = len(order) - len(order) % workers
    mine: NDArray[np.int64] = order[:even][np.arange(even) % batch % workers == worker]
    return mine


def _log_loss(logits: NDArray[Any], labels: NDArray[np.int64], weights: NDArray[Any]) -> float:
    logits = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]
    return float(np.average(losses, weights=weights))


def _optimiser(recipe: Recipe, examples: int) -> keras.optimizers.Optimizer:
    """The optimiser, with its schedule over all steps."""
    rate = _schedule(recipe, recipe.epochs * math.ceil(examples / recipe.batch))
    if recipe.optimiser == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    if recipe.optimiser == "adam":
        return keras.optimizers.Adam(rate)
    return keras.optimizers.AdamW(rate, weight_decay=1e-4)


def _schedule(recipe: Recipe, steps: int) -> Any:
    if recipe.schedule == "constant":
        return recipe.learning_rate
    warm_up = max(1, steps // 10)
    return keras.optimizers.schedules.CosineDecay(
        recipe.learning_rate / 20,
        max(1, steps - warm_up),
        warmup_target=recipe.learning_rate,
        warmup_steps=warm_up,
    )
