"""The training loop: reproducible from its seed, keeps the best weights, goes on after a kill.

A loop of our own instead of Keras's ``fit``, because that neither runs on several workers (Keras 3 on
TensorFlow) nor starts again in the middle with the same order of pictures.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from petdoor.errors import ConfigError, TrainingError
from tools.console import Teller
from tools.plan import Recipe
from tools.training.average import Average
from tools.training.checkpoint import Checkpoint, Progress

Indices = NDArray[np.int64]


class Task(Protocol):
    """What a model is to learn: examples with their targets, and what an answer costs.

    Attributes:
        total_weight: what all examples of one epoch weigh together.
        verdict: what its accuracy counts, for people: the share of answers that are *right*, say.
    """

    @property
    def total_weight(self) -> float: ...
    @property
    def verdict(self) -> str: ...

    def __len__(self) -> int: ...

    def batches(self, indices: Indices, views: Indices, *, batch: int) -> tf.data.Dataset:
        """Arrays and their targets, ``batch`` at a time, in the order of ``indices``."""

    def losses(self, answers: Any, targets: Any) -> Any:
        """What each of the model's answers to a batch costs, weighted."""

    def validate(self, answers: Callable[[Any], Any]) -> tuple[float, float]:
        """Mean loss and accuracy, on examples that are not learnt from, of what maps arrays to answers."""


class Trainer:
    """Trains one model by one recipe, under TensorFlow's current distribution strategy."""

    def __init__(
        self,
        model: keras.Model,
        recipe: Recipe,
        task: Task,
        *,
        checkpoint: Path,
        teller: Teller,
    ) -> None:
        """Nothing is trained yet.

        Args:
            model: the task's arrays in, its answers out.
            recipe: how.
            task: what.
            checkpoint: the file that a later run goes on from.
            teller: told after each epoch.
        """
        self._model, self._recipe, self._task, self._teller = model, recipe, task, teller
        self._checkpoint = Checkpoint(checkpoint)
        self._strategy = tf.distribute.get_strategy()

    def fit(self) -> list[dict[str, Any]]:
        """Train, and leave the model with the weights that did best on validation.

        Returns:
            one mapping an epoch: stage, epoch, loss, val_loss and val_accuracy.

        Raises:
            ConfigError: the batch cannot be shared out.
            TrainingError: the loss is not a number any more.
            OSError: the checkpoint cannot be written.
        """
        self._check_batch(len(self._task))
        with self._strategy.scope():
            self._optimiser = _optimiser(self._recipe, len(self._task))
            self._optimiser.build(self._model.trainable_variables)
            self._average = Average(self._model.variables, self._recipe.memory)
        variables = [*self._model.variables, *self._optimiser.variables, *self._average.variables]
        progress = self._checkpoint.restore(variables)
        step, answers = tf.function(self._distributed_step), tf.function(self._answers)
        if progress.epochs_done:
            self._teller.say(f"{self._recipe.stage}: going on after epoch {progress.epochs_done}")
        else:
            # What it was before may turn out better than anything that follows.
            best_loss, _ = self._validate(answers)
            progress = Progress(best_loss=best_loss, best_weights=self._weights())
        while progress.epochs_done < self._recipe.epochs and not self._is_settled(progress):
            epoch, began = progress.epochs_done, time.monotonic()
            loss = self._epoch(step, epoch)
            with self._average.in_place():
                val_loss, val_accuracy = self._validate(answers)
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

    def _epoch(self, step: Any, epoch: int) -> float:
        count, recipe = len(self._task), self._recipe
        order = np.random.default_rng((recipe.seed, epoch)).permutation(count)
        views = np.random.default_rng((recipe.seed, epoch, 1)).integers(0, 2**62, count)
        dataset = self._shared(order, views)
        total, steps = 0.0, math.ceil(count / recipe.batch)
        doing = f"{recipe.stage} {epoch + 1}/{recipe.epochs}"
        for batch in self._teller.track(dataset, doing, total=steps):
            total += float(step(batch))
        if not np.isfinite(total):
            raise TrainingError(
                f"{recipe.stage}: the loss is not a number any more; try a smaller --learning-rate"
            )
        return total / self._task.total_weight

    def _shared(self, order: Indices, views: Indices) -> Any:
        """Each worker's share of every batch, so that all of them together make the batch that one would."""

        def of_worker(context: tf.distribute.InputContext) -> tf.data.Dataset:
            workers, replicas = context.num_input_pipelines, self._strategy.num_replicas_in_sync
            # A device without an example in the last batch would spoil all: it is left out.
            whole = order if workers == replicas else order[: -(len(order) % self._recipe.batch) or None]
            mine = _share(whole, self._recipe.batch, context.input_pipeline_id, workers)
            return self._task.batches(mine, views[mine], batch=self._recipe.batch // replicas)

        return self._strategy.distribute_datasets_from_function(of_worker)

    def _distributed_step(self, batch: Any) -> Any:
        loss = self._strategy.reduce("SUM", self._strategy.run(self._step, args=batch), axis=None)
        self._average.update()
        return loss

    def _step(self, arrays: Any, targets: Any) -> Any:
        with tf.GradientTape() as tape:
            answers = self._model(tf.cast(arrays, tf.float32), training=True)
            # Divided by the whole batch: the workers' gradients are added up.
            loss = tf.reduce_sum(self._task.losses(answers, targets)) / self._recipe.batch
        variables = self._model.trainable_variables
        self._optimiser.apply(tape.gradient(loss, variables), variables)
        return loss * self._recipe.batch

    def _answers(self, arrays: Any) -> Any:
        return self._model(tf.cast(arrays, tf.float32), training=False)

    def _validate(self, answers: Any) -> tuple[float, float]:
        loss, accuracy = self._task.validate(answers)
        return self._agreed(loss), accuracy

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
            f"validation {row['val_loss']:.3f}, {row['val_accuracy']:.1%} {self._task.verdict}  "
            f"{seconds:.0f} s, at most {left * seconds / 60:.0f} min left{best}"
        )


def _share(order: Indices, batch: int, worker: int, workers: int) -> Indices:
    """What one of several workers does of each batch; what cannot be shared out evenly is left out."""
    even = len(order) - len(order) % workers
    mine: Indices = order[:even][np.arange(even) % batch % workers == worker]
    return mine


def _optimiser(recipe: Recipe, examples: int) -> keras.optimizers.Optimizer:
    """The optimiser, with its schedule over all steps."""
    rate = _schedule(recipe, recipe.epochs * math.ceil(examples / recipe.batch))
    if recipe.optimiser == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9)
    if recipe.optimiser == "adam":
        return keras.optimizers.Adam(rate)
    return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay)


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
