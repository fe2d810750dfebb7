"""The folder in which a training keeps what it has done so far."""

import shutil
from pathlib import Path

from petdoor.errors import ConfigError
from tools.console import Teller

_MARK = "run"


def prepare(folder: Path, fingerprint: str, teller: Teller) -> None:
    """Make ``folder`` ready: what a stopped run like this one left stays, another's is removed.

    Raises:
        ConfigError: the folder holds something else.
        OSError: it cannot be written.
    """
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()):
        if not mark.exists():
            raise ConfigError(f"{folder} holds something that is no training: choose another --work folder")
        if mark.read_text() != fingerprint:
            teller.say(f"{folder} holds a training with other photos or options: starting anew")
            shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(fingerprint)
