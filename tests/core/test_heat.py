import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.core.heat import HeatBudget, Spell

MINUTE = HeatBudget(duty_cycle=0.25, window_seconds=60.0)

eighths = st.integers(1, 240).map(lambda count: count / 8)


@st.composite
def pasts(draw):
    """When a coil was energised, oldest first, and some moment after that."""
    now, spells = 0.0, []
    for rest, energised in draw(st.lists(st.tuples(eighths, eighths), max_size=6)):
        spells.append(Spell(now + rest, now + rest + energised))
        now = spells[-1].until
    return tuple(spells), now + draw(eighths)


def test_a_coil_of_a_quarter_bears_150_of_600_seconds():
    assert HeatBudget().energised_seconds == 150


def test_what_was_spent_is_regained_when_the_window_has_passed_it():
    spells = [Spell(0.0, 10.0)]
    assert MINUTE.left_seconds(spells, 10.0) == 5
    assert MINUTE.left_seconds(spells, 64.0) == 9
    assert MINUTE.left_seconds(spells, 70.0) == 15


@given(pasts(), eighths)
def test_after_the_wait_that_is_told_so_many_seconds_are_left_and_not_before(past, wanted):
    spells, now = past
    wanted = min(wanted, MINUTE.energised_seconds)
    wait = MINUTE.wait_seconds(spells, now, wanted)
    assert MINUTE.left_seconds(spells, now + wait) >= wanted
    assert wait == 0 or MINUTE.left_seconds(spells, now + wait - 0.01) < wanted


@given(pasts())
def test_what_is_forgotten_counts_no_more(past):
    spells, now = past
    recent = MINUTE.recent(spells, now)
    assert MINUTE.left_seconds(recent, now) == MINUTE.left_seconds(spells, now)
    assert all(spell.until > now - 60 for spell in recent)


@pytest.mark.parametrize(
    ("values", "key"), [((0.0, 60.0), "duty"), ((1.1, 60.0), "duty"), ((0.5, 0.0), "window")]
)
def test_a_rating_that_means_nothing_is_refused(values, key):
    with pytest.raises(ValueError, match=key):
        HeatBudget(*values)
