"""The folder in which a training keeps what it has done so far."""

import fcntl
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from petdoor.errors import ConfigError
from tools.console import Teller

_MARK: Final = ".petdoor-training"
_OURS: Final = ("teacher", "features-train", "features-validation", "lower-train", "lower-validation")


def prepare(folder: Path, fingerprint: str, teller: Teller) -> IO[str]:
    """Make ``folder`` ready: what a stopped run like this one left stays, another's is removed.

    Returns:
        the open mark; as long as it is open, no other run may use the folder.

    Raises:
        ConfigError: the folder holds something else, or another run is at work in it.
        OSError: it cannot be written.
    """
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise ConfigError(f"{folder} holds something that is no training: choose another --work folder")
    folder.mkdir(parents=True, exist_ok=True)
    held = mark.open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        held.close()
        raise ConfigError(f"{folder}: another training is at work; choose another --work folder") from error
    held.seek(0)
    begun = held.read()
    if begun and begun != fingerprint:
        teller.say(f"{folder} holds a training with other photos or options: starting anew")
        forget(folder)
    held.truncate(0)
    held.write(fingerprint)
    held.flush()
    return held


def forget(folder: Path) -> None:
    """Remove what a training has learnt and kept, and nothing else."""
    for name in _OURS:
        shutil.rmtree(folder / name, ignore_errors=True)
    forget_stages(folder)


def forget_stages(folder: Path) -> None:
    """Remove what it has learnt, but not the features, which take long to compute."""
    for checkpoint in folder.glob("*.npz"):
        checkpoint.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """Remove all of a training's own, and the folder if nothing else is in it; never fails."""
    with suppress(OSError):
        forget(folder)
        (folder / _MARK).unlink(missing_ok=True)
        folder.rmdir()
