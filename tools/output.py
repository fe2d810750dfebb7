"""Writing a model so that what stood there stays until the new one has proved itself."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def on_trial(output: Path, content: bytes) -> Iterator[Path]:
    """A file of ``content`` beside ``output``; it takes that name when the block ends well, else it goes.

    Raises:
        OSError: it cannot be written.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=output.parent, prefix=f".{output.name}-", delete=False) as file:
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
