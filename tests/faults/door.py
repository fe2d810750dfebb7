"""The door over pins that can be watched: python -m tests.faults.door FOLDER."""

import logging
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from petdoor import config, logs
from petdoor.cli.common import faults_end_here, renew_on_hangup, stop_on_signals
from petdoor.running import Renewal, run_door
from tests.faults.pins import SharedPins

log = logging.getLogger(__name__)


def wall_clock(folder: Path) -> datetime:
    """The time of day, as far as somebody has set it right."""
    return datetime.now(UTC) + timedelta(seconds=float((folder / "clock").read_text()))


def run(folder: Path) -> None:
    path = folder / "config.yaml"
    settings = config.load(path)
    logs.configure(settings.log_level, sys.stderr, os.environ)
    with faults_end_here(say=log.critical):
        stop = stop_on_signals()
        renewal = Renewal(renew_on_hangup(), lambda: config.load(path))
        pins = SharedPins(folder / "pins")
        run_door(
            settings,
            os.environ,
            stop,
            lambda _: pins,
            renewal,
            wall_clock=lambda: wall_clock(folder),
        )


if __name__ == "__main__":
    with faults_end_here():
        run(Path(sys.argv[1]))
