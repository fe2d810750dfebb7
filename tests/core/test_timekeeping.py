import pytest

from petdoor.core.timekeeping import WallClock


def jumps(*looks):
    clock, found = WallClock(), []
    for wall, passed in looks:
        clock, jump = clock.compared(wall, passed)
        found.append(jump)
    return found


def test_a_clock_that_runs_as_time_passes_does_not_jump():
    assert jumps((1000.0, 0.0), (1001.0, 1.0), (1061.5, 61.0)) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("by", [3600.0, -3600.0, 2.5])
def test_a_clock_that_is_set_jumps_once(by):
    assert jumps((1000.0, 0.0), (1001.0 + by, 1.0), (1002.0 + by, 2.0)) == [0.0, by, 0.0]


def test_a_loop_that_was_stopped_for_an_hour_has_seen_no_jump():
    assert jumps((1000.0, 0.0), (4600.0, 3600.0)) == [0.0, 0.0]
