"""A door in a process of its own, as ``petdoor run`` builds it: ``python -m tests.door_process CONFIG``.

The pins are gpiozero's mock pins; how the latch's pin fared is printed as JSON on the way out.
"""

import json
import logging
import os
import sys
from pathlib import Path

from petdoor import config, logs
from petdoor.cli.common import faults_end_here, renew_on_hangup, stop_on_signals
from petdoor.gpio import simulated_pins
from petdoor.running import Renewal, run_door

log = logging.getLogger(__name__)


def main(path):
    settings, pins = config.load(path), simulated_pins()
    logs.configure(settings.log_level, sys.stderr, os.environ)
    try:
        with faults_end_here(say=log.critical):
            renewal = Renewal(renew_on_hangup(), lambda: config.load(path))
            run_door(settings, os.environ, stop_on_signals(), lambda _: pins, renewal)
    finally:
        states = [bool(state.state) for state in pins.pin(settings.latch.pin).states]
        print(json.dumps({"states": states, "level": bool(pins.pin(settings.latch.pin).state)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
