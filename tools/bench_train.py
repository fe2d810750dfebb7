"""The recipe beginners follow, and ours, on the same photos: how right, how fast, in how much memory."""

import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from petdoor import pictures
from petdoor.errors import PetDoorError
from tools.console import Teller
from tools.data.dataset import Dataset, Example
from tools.memory import peak_bytes

RECIPES: Final = ("plain", "ours")
_TRAINING_SHARE: Final = 0.75
_SIZE: Final = (224, 224)


def bench_train(options: Sequence[str], teller: Teller) -> None:
    """Run both recipes, each in a process of its own, and tell a table.

    Args:
        options: those of ``tools bench-train`` that name data and weights.
        teller: told the figures.

    Raises:
        PetDoorError: one of them failed.
    """
    teller.say(f"{'recipe':8} {'validation':>10} {'seconds':>8} {'peak memory':>12}")
    for recipe in RECIPES:
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "tools", "bench-train", *options, "--only", recipe],
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - began
        if done.returncode != 0:
            raise PetDoorError(f"{recipe}: {done.stderr.strip()}")
        figures = json.loads(done.stdout.splitlines()[-1])
        teller.say(
            f"{recipe:8} {figures['accuracy']:10.1%} {seconds:8.1f} {figures['peak_bytes'] / 1e9:9.2f} GB"
        )


def one(recipe: str, dataset: Dataset, weights: Path | None, teller: Teller) -> str:
    """Run one recipe in this process; its figures as JSON."""
    train, validation = parts(dataset)
    run = _plain if recipe == "plain" else _ours
    accuracy = run(train, validation, len(dataset.classes), weights, teller)
    return json.dumps({"accuracy": accuracy, "peak_bytes": peak_bytes()})


def parts(dataset: Dataset) -> tuple[list[Example], list[Example]]:
    """Three quarters to train on and the rest to validate, always the same: by the hash of the name."""
    ordered = sorted(dataset.examples, key=lambda e: hashlib.sha256(e.path.stem.encode()).digest())
    count = round(_TRAINING_SHARE * len(ordered))
    return ordered[:count], ordered[count:]


def _plain(
    train: Sequence[Example], validation: Sequence[Example], classes: int, weights: Path | None, _: Teller
) -> float:
    """All photos in memory as float64 divided by 255, the last 20 layers, SGD 0.01, the best of ten."""
    import keras
    import numpy as np

    from tools.networks.backbones import BACKBONES
    from tools.networks.pretrained import features

    def arrays(examples: Sequence[Example]) -> tuple[Any, Any]:
        photos = [pictures.resized(pictures.read(example.path), _SIZE) / 255 for example in examples]
        return np.array(photos), np.array([example.label for example in examples])

    network, _known = features(BACKBONES["mobilenetv2"], weights)
    for layer in network.layers[:-20]:
        layer.trainable = False
    scores = keras.layers.Dense(classes, activation="softmax")(network.output)
    model = keras.Model(network.input, scores)
    model.compile(keras.optimizers.SGD(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(
        *arrays(train), batch_size=32, epochs=10, validation_data=arrays(validation), verbose=0
    )
    return float(max(history.history["val_accuracy"]))


def _ours(
    train: Sequence[Example],
    validation: Sequence[Example],
    classes: int,
    weights: Path | None,
    teller: Teller,
) -> float:
    """The head on features that are computed once."""
    from tools.networks.backbones import BACKBONES
    from tools.plan import Plan, Recipe
    from tools.training.strategies import Photoset, Training

    recipe = Recipe("head", epochs=12, learning_rate=1e-3, batch=32)
    plan = Plan(
        backbone=BACKBONES["mobilenetv2"],
        strategy="head",
        weights=weights,
        include_top=False,
        hidden=0,
        dropout=0.2,
        layers=0,
        is_balanced=True,
        views=2,
        head=recipe,
        rest=recipe,
    )
    with tempfile.TemporaryDirectory() as folder:
        photoset = Photoset(train, validation, classes)
        training = Training(plan, photoset, folder=Path(folder), teller=teller)
        training.run()
    best = min(training.history, key=lambda epoch: float(epoch["val_loss"]))
    return float(best["val_accuracy"])
