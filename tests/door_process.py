"""A door in a process of its own, as ``petdoor run`` builds it: ``python -m tests.door_process CONFIG``.

The pins are gpiozero's mock pins; how the latch's pin fared is printed as JSON on the way out.
"""

import json
import logging
import os
import sys
from pathlib import Path

from petdoor import config, logs, parts
from petdoor.adapters.latch import simulated_pins
from petdoor.cli.common import faults_end_here, stop_on_signals

log = logging.getLogger(__name__)


def main(path):
    settings, pins = config.load(path), simulated_pins()
    logs.configure(settings.log_level, sys.stderr, os.environ)
    try:
        with faults_end_here(say=log.critical):
            parts.run_door(settings, os.environ, stop_on_signals(), pins)
    finally:
        states = [bool(state.state) for state in pins.pin(settings.latch.pin).states]
        print(json.dumps({"states": states, "level": bool(pins.pin(settings.latch.pin).state)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
