"""Writing a model so that what stood there stays until the new one has proved itself."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_way(output: Path) -> None:
    """Make the folder of ``output``, and find out before long work whether it can be written.

    Raises:
        OSError: it cannot.
    """
    if output.is_dir():
        raise IsADirectoryError(f"{output}: this is a folder; name the file to write")
    with _named(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=output.parent):
            pass


@contextmanager
def on_trial(output: Path, content: bytes) -> Iterator[Path]:
    """A file of ``content`` beside ``output``; it takes that name when the block ends well, else it goes.

    Raises:
        OSError: it cannot be written.
    """
    make_way(output)
    with (
        _named(output),
        tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}-", delete=False) as file,
    ):
        trial = Path(file.name)
        try:
            file.write(content)
            file.flush()
            yield trial
            # Not before: the block may have written the file anew.
            os.fsync(file.fileno())
            trial.chmod(0o644)
            trial.replace(output)
        finally:
            trial.unlink(missing_ok=True)


@contextmanager
def _named(output: Path) -> Iterator[None]:
    """A full disk does not say which file it was; the sentence does."""
    try:
        yield
    except OSError as error:
        if error.errno and not error.filename:
            raise OSError(error.errno, error.strerror, str(output)) from error
        raise
