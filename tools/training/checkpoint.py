"""Where a training stands, in one file, so that a killed run goes on."""

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Sequence[NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a stage stands.

    Attributes:
        history: one mapping an epoch.
        epochs_since_best: 0 when the last epoch was the best one.
        best_loss: the least validation loss, be it that of the beginning.
        best_weights: the model's variables that had it.
    """

    history: tuple[Mapping[str, Any], ...] = ()
    epochs_since_best: int = 0
    best_loss: float = np.inf
    best_weights: Arrays = ()

    @property
    def epochs_done(self) -> int:
        """How many epochs lie behind."""
        return len(self.history)

    def after(self, epoch: Mapping[str, Any], weights: Arrays) -> "Progress":
        """Where it stands after one more epoch that ended with ``weights``."""
        history = (*self.history, epoch)
        if epoch["val_loss"] < self.best_loss:
            return Progress(history, 0, epoch["val_loss"], weights)
        return replace(self, history=history, epochs_since_best=self.epochs_since_best + 1)


class Checkpoint:
    """One file with all variables; replaced as a whole, so that a kill leaves the last one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def save(self, progress: Progress, variables: Sequence[Any]) -> None:
        """Write where the stage stands.

        Raises:
            OSError: the file cannot be written; the one before it stays.
        """
        told = {
            "history": progress.history,
            "epochs_since_best": progress.epochs_since_best,
            "best_loss": progress.best_loss,
        }
        arrays = {f"now{i}": variable.numpy() for i, variable in enumerate(variables)}
        arrays |= {f"best{i}": array for i, array in enumerate(progress.best_weights)}
        part = self._path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                np.savez(file, told=np.array(json.dumps(told)), **arrays)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)

    def restore(self, variables: Sequence[Any]) -> Progress:
        """Set the variables to where the file says they stood; a fresh start without a file."""
        if not self._path.exists():
            return Progress()
        with np.load(io.BytesIO(self._path.read_bytes())) as stored:
            told = json.loads(str(stored["told"]))
            for i, variable in enumerate(variables):
                variable.assign(stored[f"now{i}"])
            best = [stored[f"best{i}"] for i in range(len(stored.files)) if f"best{i}" in stored]
        return Progress(tuple(told["history"]), told["epochs_since_best"], told["best_loss"], best)
