import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.core.contacts import Way
from petdoor.core.modes import Mode
from petdoor.core.orders import (
    MAX_THRESHOLD,
    MIN_THRESHOLD,
    THINGS,
    CallEmergency,
    InstallModel,
    Lock,
    OrderError,
    SetCurfew,
    SetMode,
    SetThreshold,
    Unlock,
    parse,
)

WORDS = {
    ("lock", "LOCK"): Lock(),
    ("lock", "UNLOCK"): Unlock(Way.IN),
    **{("mode", mode.value): SetMode(mode) for mode in Mode},
    ("threshold", "0.75"): SetThreshold(0.75),
    ("curfew", "ON"): SetCurfew(wanted=True),
    ("curfew", "OFF"): SetCurfew(wanted=False),
    ("emergency", "ON"): CallEmergency(wanted=True),
    ("emergency", "OFF"): CallEmergency(wanted=False),
    ("model", "INSTALL"): InstallModel(),
}


@pytest.mark.parametrize(("said", "order"), WORDS.items())
def test_every_word_for_every_thing_is_its_order(said, order):
    assert parse(*said) == order


def test_there_are_words_for_every_thing():
    assert {thing for thing, _ in WORDS} == set(THINGS)


@pytest.mark.parametrize("word", ["", "lock", "TOGGLE", " LOCK", "LOCK\n", "UNLOCK IN"])
def test_a_lock_takes_no_other_word(word):
    with pytest.raises(OrderError, match="is not one of LOCK, UNLOCK"):
        parse("lock", word)


@pytest.mark.parametrize("word", ["0.49", "0.995", "nan", "inf", "-inf", "1e999"])
def test_a_threshold_has_bounds_and_what_is_no_number_lies_outside(word):
    with pytest.raises(OrderError, match=r"is not between 0\.5 and 0\.99"):
        parse("threshold", word)


def test_a_threshold_is_a_number():
    with pytest.raises(OrderError, match="'high' is no number"):
        parse("threshold", "high")


def test_there_is_no_order_for_anything_else():
    with pytest.raises(OrderError, match="there is no 'light' here; there are lock, mode"):
        parse("light", "ON")


@given(st.sampled_from([*THINGS, "light"]) | st.text(), st.text() | st.sampled_from([w for _, w in WORDS]))
def test_whatever_is_said_is_a_known_order_or_refused(thing, word):
    try:
        order = parse(thing, word)
    except OrderError:
        assert (thing, word) not in WORDS
    else:
        is_threshold = isinstance(order, SetThreshold) and MIN_THRESHOLD <= order.threshold <= MAX_THRESHOLD
        assert is_threshold or WORDS[thing, word] == order


@given(st.floats())
def test_every_number_within_the_bounds_is_a_threshold(threshold):
    try:
        order = parse("threshold", repr(threshold))
    except OrderError:
        assert not MIN_THRESHOLD <= threshold <= MAX_THRESHOLD
    else:
        assert order == SetThreshold(threshold)
