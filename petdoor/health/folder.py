"""Whether petdoor may write where it is to write."""

import os
import tempfile
from pathlib import Path

from petdoor.errors import ConfigError


def nearest(folder: Path) -> Path:
    """The folder itself, or what of the way to it is there."""
    whole = folder.absolute()
    # Path.exists raises where this user may not even look.
    return next(path for path in (whole, *whole.parents) if os.path.exists(path))  # noqa: PTH110


def attempt(folder: Path, key: str) -> None:
    """Try whether something can be written into ``folder``, as the setting ``key`` says; nothing stays there.

    Raises:
        ConfigError: it cannot.
    """
    there = nearest(folder)
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(bytes(1))
    except OSError as error:
        raise ConfigError(
            f"{key}: {folder}: cannot write into {there}: {error.strerror}; let the user that petdoor runs "
            "as write there, or name another folder"
        ) from error
