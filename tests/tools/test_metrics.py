"""The figures a door is judged by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.judging import metrics
from tools.judging.metrics import Admission, choose_threshold

photos = st.lists(
    st.tuples(
        st.one_of(st.integers(0, 100).map(lambda n: n / 100), st.floats(0, 1)), st.booleans(), st.booleans()
    ),
    min_size=1,
    max_size=60,
)


def columns(rows):
    return tuple(np.array(column) for column in zip(*rows, strict=True))


def chosen(rows, wanted):
    return choose_threshold(*columns(rows), wanted_false_accept=wanted)


@pytest.mark.parametrize(
    ("count", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_that_newcombe_published_in_1998(count, total, low, high):
    rate = metrics.rate(count, total)
    assert (round(rate.low, 4), round(rate.high, 4)) == (low, high)
    assert rate.share == count / total


def test_without_photos_any_rate_is_possible():
    assert (metrics.rate(0, 0).low, metrics.rate(0, 0).high) == (0.0, 1.0)


def test_both_mistakes_are_counted_on_their_own_photos():
    rows = [(0.9, True, False), (0.4, True, False), (0.8, False, False), (0.1, False, False)]
    admission = Admission(*columns(rows))
    assert (admission.false_accept(0.5).count, admission.false_accept(0.5).total) == (1, 2)
    assert (admission.false_refuse(0.5).count, admission.false_refuse(0.5).total) == (1, 2)


def test_a_barred_animal_in_view_keeps_the_door_locked_at_any_threshold():
    admission = Admission(*columns([(1.0, False, True), (1.0, True, True)]))
    assert admission.false_accept(0.01).share == 0
    assert admission.false_refuse(0.01).share == 1


def test_a_probability_equal_to_the_threshold_is_believed_as_by_the_rule():
    admission = Admission(np.array([0.7, np.nextafter(0.7, 0)]), np.array([True, True]), np.zeros(2, bool))
    assert admission.at(0.7).tolist() == [True, False]


@given(photos)
def test_a_higher_threshold_never_admits_more(rows):
    curve = metrics.threshold_curve(Admission(*columns(rows)))
    assert curve.thresholds == tuple(n / 100 for n in range(1, 100))
    accepts, refusals = curve.false_accept or (), curve.false_refuse or ()
    assert list(accepts) == sorted(accepts, reverse=True)
    assert list(refusals) == sorted(refusals)


@pytest.mark.parametrize("welcome", [True, False])
def test_a_mistake_that_no_photo_can_show_has_no_curve(welcome):
    curve = metrics.threshold_curve(Admission(*columns([(0.5, welcome, False)])))
    assert (curve.false_accept is None, curve.false_refuse is None) == (welcome, not welcome)


def test_each_curve_counts_its_own_mistake():
    rows = [(0.9, True, False), (0.1, False, False), (0.3, False, False), (0.7, False, False)]
    curve = metrics.threshold_curve(Admission(*columns(rows)))
    at = curve.thresholds.index(0.5)
    assert (curve.false_accept[at], curve.false_refuse[at]) == (1 / 3, 0.0)
    assert (curve.false_accept[-1], curve.false_refuse[-1]) == (0.0, 1.0)


@given(photos, st.floats(0, 0.5))
def test_the_wanted_rate_holds_on_the_photos_whenever_it_is_said_to(rows, wanted):
    choice = chosen(rows, wanted)
    probability, is_welcome, is_vetoed = columns(rows)
    admitted = (probability >= choice.threshold) & ~is_vetoed
    if choice.is_met:
        assert admitted[~is_welcome].mean() <= wanted
    assert choice.false_accept.count == admitted[~is_welcome].sum()
    assert choice.false_refuse.count == (~admitted[is_welcome]).sum()


@given(photos, st.floats(0, 0.5))
def test_the_threshold_has_two_decimals_and_is_no_lower_than_a_half(rows, wanted):
    threshold = chosen(rows, wanted).threshold
    assert 0.5 <= threshold <= 0.99
    assert threshold == round(threshold, 2)


@given(photos, st.floats(0, 0.5))
def test_no_other_threshold_is_as_safe_and_refuses_fewer(rows, wanted):
    choice, admission = chosen(rows, wanted), Admission(*columns(rows))
    limit = max(wanted, choice.false_accept.share)
    others = [n / 100 for n in range(50, 100)]
    safe = [t for t in others if admission.false_accept(t).share <= limit]
    assert choice.false_refuse.count == min(admission.false_refuse(t).count for t in safe)


@given(photos, st.floats(0, 0.5))
def test_a_threshold_above_95_is_chosen_only_when_none_below_does_as_well(rows, wanted):
    choice, admission = chosen(rows, wanted), Admission(*columns(rows))
    if choice.threshold > 0.95:
        lower = admission.false_accept(0.95)
        too_many = lower.share > wanted if choice.is_met else lower.count > choice.false_accept.count
        assert too_many or lower.total == 0


def test_the_threshold_stands_in_the_middle_between_strangers_and_friends():
    rows = [(0.6, False, False), (0.9, True, False), (0.99, True, False)]
    choice = chosen(rows, 0.0)
    assert choice.threshold == 0.76
    assert choice.is_met
    assert (choice.false_accept.count, choice.false_refuse.count) == (0, 0)


def test_when_nothing_tells_them_apart_the_middle_of_what_is_sensible_is_chosen():
    rows = [(0.0, False, False), (1.0, True, False)]
    assert chosen(rows, 0.01).threshold == 0.73  # of 0.50 to 0.95


def test_a_rate_that_cannot_be_reached_is_owned_up_to():
    rows = [(1.0, False, False), (0.7, False, False), (0.9, True, False)]
    choice = chosen(rows, 0.0)
    assert not choice.is_met
    assert choice.false_accept.count == 1
    assert choice.false_refuse.count == 0


def test_without_a_stranger_among_the_photos_nothing_is_proved():
    assert not chosen([(0.9, True, False)], 0.5).is_met


def test_the_roc_of_a_model_that_errs_nowhere_has_the_whole_area():
    curve = metrics.roc([True, False], [0.9, 0.2])
    assert curve.area == 1.0
    assert (curve.false_accept[0], curve.true_accept[-1]) == (0.0, 1.0)


@pytest.mark.parametrize("welcome", [True, False])
def test_one_kind_of_photo_makes_no_roc(welcome):
    assert metrics.roc([welcome], [0.9]) is None


def test_confusion_counts_strangers_in_a_column_of_their_own():
    figures = metrics.class_figures(["a", "b"], truth=[0, 0, 1, 1], predicted=[0, 1, 1, 2])
    assert figures.confusion == ((1, 1, 0), (0, 1, 1))
    assert figures.precision == (1.0, 0.5)
    assert figures.recall == (0.5, 0.5)
    assert figures.support == (2, 2)


def test_confusion_has_a_row_for_the_truth_and_a_column_for_what_was_seen():
    figures = metrics.class_figures(["a", "b"], truth=[0, 0, 0, 1], predicted=[1, 1, 0, 1])
    assert figures.confusion == ((1, 2, 0), (0, 1, 0))


def test_a_class_that_is_never_seen_has_no_precision_rather_than_a_bad_one():
    figures = metrics.class_figures(["a", "b", "c"], truth=[0, 1], predicted=[0, 0])
    assert figures.precision[1:] == (None, None)
    assert figures.recall == (1.0, 0.0, None)


def test_confusions_are_listed_most_frequent_first():
    figures = metrics.class_figures(["a", "b"], truth=[0, 1, 1, 1], predicted=[1, 0, 0, 2])
    assert figures.confused() == [("b", "a", 2), ("a", "b", 1), ("b", "none of these", 1)]


def test_latency_is_told_by_percentiles():
    times = metrics.latency(list(range(101)))
    assert (times.p50_ms, times.p90_ms, times.p99_ms) == (50.0, 90.0, 99.0)
