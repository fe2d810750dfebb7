import pytest

from petdoor.stats import Stats


def saw(stats, frames):
    for _ in range(frames):
        stats.saw_frame()
    return stats


def judged(*seconds):
    stats = Stats(0.0, every_seconds=60.0)
    for each in seconds:
        stats.judged(each)
    return stats.due(60.0)


def test_before_their_time_there_are_no_figures():
    stats = Stats(1000.0, every_seconds=60.0)
    assert stats.due(1059.9) is None
    assert stats.due(1060.0) is not None


def test_the_figures_are_told_once_in_their_time():
    stats = Stats(0.0, every_seconds=60.0)
    assert stats.due(60.0)
    assert stats.due(60.1) is None
    assert stats.due(119.9) is None
    assert stats.due(120.0)


def test_the_frame_rate_is_that_of_the_last_interval_and_not_of_all_time():
    stats = saw(Stats(0.0, every_seconds=60.0), 600)
    assert stats.due(60.0)["fps"] == 10.0
    assert saw(stats, 60).due(120.0) == {"uptime_seconds": 120, "frames": 660, "fps": 1.0}
    assert stats.due(180.0)["fps"] == 0.0


def test_an_interval_that_became_longer_has_a_rate_all_the_same():
    stats = saw(Stats(0.0, every_seconds=60.0), 600)
    assert stats.due(120.0)["fps"] == 5.0


def test_how_long_judging_takes_is_told_in_milliseconds():
    figures = judged(*[0.04] * 95, *[0.1] * 5)
    assert figures["infer_ms_p50"] == pytest.approx(40)
    assert 40 <= figures["infer_ms_p95"] < 50


@pytest.mark.parametrize("seconds", [(), (0.04,)])
def test_of_one_judgement_or_none_there_is_nothing_to_tell(seconds):
    assert not [key for key in judged(*seconds) if key.startswith("infer")]


def test_two_judgements_are_enough_for_figures():
    assert judged(0.02, 0.04)["infer_ms_p50"] == pytest.approx(30)


def test_of_very_many_judgements_the_newest_thousand_count():
    assert judged(*[0.5] * 1000, *[0.02] * 1000)["infer_ms_p95"] == pytest.approx(20)
