"""A few of the faults at every test run, with a manager in a hurry; ``make faults`` runs them all."""

import pytest

from tests.faults import scenarios
from tests.faults.trial import Pace, Trial

HURRY = Pace(watchdog_seconds=5.0, restart_seconds=0.1, unlock_seconds=1.0)
A_FEW = {
    "camera gone, dog in the door": 4.0,
    "model truncated, then SIGHUP": None,
    "disk hangs": None,
    "GPIO busy at the start": 0.0,
    "SIGTERM, door open": 4.0,
    "SIGKILL, door open": 15.0,
    "SIGSTOP, door open, never continued": 20.0,
    "out of memory, door open": 15.0,
}
"""How many seconds the pin may stay high at most; None where the door works on."""


@pytest.mark.parametrize(("fault", "most_seconds"), A_FEW.items())
def test_the_door_is_safe_soon_and_lets_the_next_dog_in(fault, most_seconds, tmp_path):
    trial = Trial(tmp_path, HURRY)
    try:
        report = scenarios.ALL[fault](trial)
    except PermissionError as error:
        pytest.skip(str(error))
    finally:
        trial.close()
    if most_seconds is None:
        assert report.safe_seconds is None
    else:
        assert report.safe_seconds <= most_seconds
