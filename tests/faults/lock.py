"""Locks the bolt of that door with as little as petdoor lock needs: python -m tests.faults.lock FOLDER."""

import os
import sys
from pathlib import Path

from petdoor import config, driven, latches
from petdoor.cli.common import faults_end_here
from tests.faults.pins import SharedPins


def lock(folder: Path) -> None:
    for latch in (driven.remembered(os.environ), config.load_latch(folder / "config.yaml")):
        if latch:
            latches.open_latch(latch, SharedPins(folder / "pins")).close()


if __name__ == "__main__":
    with faults_end_here():
        lock(Path(sys.argv[1]))
