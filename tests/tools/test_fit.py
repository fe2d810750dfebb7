"""The training loop: it learns, repeats itself, keeps the best, and goes on where it was."""

import keras
import numpy as np
import pytest

from petdoor.errors import TrainingError
from tests.fakes import SilentTeller
from tools.training.classification import Classification, Labelled
from tools.training.fit import Recipe, Trainer

COUNT, WIDTH, CLASSES = 96, 6, 3


class Points:
    """Points in three clouds; every view but the first is shaken a little."""

    shape, dtype = (WIDTH,), np.float32

    def __init__(self, labels):
        self._labels = labels

    def __len__(self):
        return len(self._labels)

    def view(self, index, number):
        centre = np.eye(WIDTH, dtype=np.float32)[self._labels[index]]
        noise = np.random.default_rng((index, number)).normal(0, 0.1, WIDTH)
        return (centre + noise).astype(np.float32)


class Stopper(SilentTeller):
    """Presses Ctrl-C after so many epochs."""

    def __init__(self, epochs):
        super().__init__()
        self._epochs = epochs

    def say(self, sentence):
        super().say(sentence)
        if len(self.said) == self._epochs:
            raise KeyboardInterrupt


def labelled(count=COUNT):
    labels = np.arange(count) % CLASSES
    return Labelled(Points(labels), labels)


def network():
    keras.utils.set_random_seed(1)
    point = keras.Input((WIDTH,))
    hidden = keras.layers.Dropout(0.2)(keras.layers.Dense(8, activation="relu")(point))
    return keras.Model(point, keras.layers.Dense(CLASSES)(hidden))


def fit(folder, *, model=None, teller=None, train=None, class_weights=(1, 1, 1), **recipe):
    model = model or network()
    told = Recipe("test", **{"epochs": 6, "learning_rate": 0.02, "batch": 16, **recipe})
    task = Classification(
        train or labelled(), labelled(30), class_weights=class_weights, label_smoothing=told.label_smoothing
    )
    checkpoint = folder / "test.npz"
    return model, Trainer(model, told, task, checkpoint=checkpoint, teller=teller or SilentTeller()).fit()


def weights_of(model):
    return np.concatenate([values.ravel() for values in model.get_weights()])


@pytest.mark.parametrize("optimiser", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_every_optimiser_and_schedule_learns(tmp_path, optimiser, schedule):
    rate = 0.2 if optimiser == "sgd" else 0.02
    _, history = fit(
        tmp_path, optimiser=optimiser, schedule=schedule, learning_rate=rate, epochs=15, memory=0.9
    )
    assert history[-1]["val_accuracy"] >= 0.9
    assert history[-1]["val_loss"] < history[0]["val_loss"]


def test_the_same_seed_gives_the_same_weights(tmp_path):
    (tmp_path / "again").mkdir()
    (first, _), (second, _) = fit(tmp_path), fit(tmp_path / "again")
    np.testing.assert_array_equal(weights_of(first), weights_of(second))


def test_another_seed_gives_others(tmp_path):
    (tmp_path / "other").mkdir()
    (first, _), (second, _) = fit(tmp_path), fit(tmp_path / "other", seed=1)
    assert not np.array_equal(weights_of(first), weights_of(second))


def test_a_stopped_run_ends_with_the_very_weights_of_one_that_was_not(tmp_path):
    (tmp_path / "whole").mkdir()
    whole, history = fit(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, teller=Stopper(epochs=3))
    teller = SilentTeller()
    resumed, continued = fit(tmp_path, teller=teller)
    assert teller.said[0] == "test: going on after epoch 3"
    assert continued == history
    np.testing.assert_array_equal(weights_of(resumed), weights_of(whole))


def test_the_best_weights_are_kept_and_not_the_last(tmp_path):
    # So fast a learning rate ends worse than it was on the way.
    model, history = fit(
        tmp_path, optimiser="sgd", learning_rate=3.0, schedule="constant", epochs=8, memory=0
    )
    best = min(history, key=lambda epoch: epoch["val_loss"])
    assert best is not history[-1]
    points = labelled(30)
    scores = model(np.stack([points.source.view(i, 0) for i in range(30)]), training=False)
    right = np.mean(np.argmax(scores, axis=1) == points.labels)
    assert right == pytest.approx(best["val_accuracy"])


def test_what_it_was_before_is_kept_when_training_only_makes_it_worse(tmp_path):
    model, _ = fit(tmp_path, epochs=15)
    good = weights_of(model)
    (tmp_path / "worse").mkdir()
    fit(tmp_path / "worse", model=model, optimiser="sgd", learning_rate=30.0, schedule="constant", memory=0)
    np.testing.assert_array_equal(weights_of(model), good)


def test_it_stops_when_nothing_gets_better(tmp_path):
    _, history = fit(tmp_path, learning_rate=1e-12, epochs=50, patience=2)
    assert len(history) < 10


def test_a_loss_that_is_no_number_ends_it_with_the_way_out(tmp_path):
    with pytest.raises(TrainingError, match="smaller --learning-rate"):
        fit(tmp_path, optimiser="sgd", learning_rate=1e30, schedule="constant")


def test_a_class_that_weighs_nothing_is_not_learnt(tmp_path):
    model, _ = fit(tmp_path, class_weights=(1, 1, 0), epochs=10)
    third = np.stack([labelled().source.view(i, 0) for i in range(2, COUNT, 3)])
    assert np.mean(np.argmax(model(third, training=False), axis=1) == 2) < 0.5


def test_each_epoch_says_how_it_went_and_how_long_it_will_take(tmp_path):
    teller = SilentTeller()
    fit(tmp_path, teller=teller, epochs=2)
    assert len(teller.said) == 2
    assert all(word in teller.said[0] for word in ("test   1/2", "loss", "validation", "right", "min left"))


def test_a_checkpoint_cut_short_never_takes_the_place_of_a_whole_one(tmp_path):
    fit(tmp_path, epochs=2)
    assert [path.name for path in tmp_path.iterdir()] == ["test.npz"]
