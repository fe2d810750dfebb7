"""Silence for libraries that talk to the terminal behind Python's back."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing written to standard output and error within reaches the terminal.

    TensorFlow's C++ side writes to the file descriptors themselves, below ``sys.stderr``.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    void = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(void, 1)
        os.dup2(void, 2)
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for descriptor in (*kept, void):
            os.close(descriptor)
