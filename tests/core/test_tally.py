"""The tally: verdicts counted, and held against the truth."""

import pytest

from petdoor.core.events import Verdict
from petdoor.core.tally import Caller, Tally

REX, TOM = Caller("dog", frozenset({"dog"}), 4.0), Caller("cat", frozenset({"cat"}), 15.0)
BOTH, WIND = Caller("both", frozenset({"dog", "cat"}), 20.0), Caller("wind", frozenset(), 30.0)


def new(admit=("dog",), keep_in=("cat",)):
    return Tally(admit=frozenset(admit), keep_in=frozenset(keep_in))


def act(tally, *verdicts):
    """The door says this, and opens for whom it admits."""
    for verdict in verdicts:
        tally.told(verdict)
        if verdict is Verdict.ADMIT:
            tally.moved(is_open=True)
            tally.moved(is_open=False)


def played(*scenes, **household):
    """Each scene is a caller and the verdicts told while they are there."""
    tally = new(**household)
    for caller, *verdicts in scenes:
        tally.comes(caller)
        act(tally, *verdicts)
        tally.goes()
    tally.close()
    return tally


def test_a_play_that_goes_well_has_no_fault():
    tally = played((REX, Verdict.ADMIT), (TOM, Verdict.KEEP_IN), (WIND, Verdict.REFUSE), (REX, Verdict.ADMIT))
    assert tally.is_faultless
    assert tally.lines() == [
        "dog: 2 came, 2 let in (2 admitted, 0 kept in, 0 refused)",
        "cat: 1 came, 0 let in (0 admitted, 1 kept in, 0 refused)",
        "wind: 1 came, 0 let in (0 admitted, 0 kept in, 1 refused)",
        "4 of 4 visits went as they should",
    ]


def test_a_cat_that_is_let_in_is_a_fault_named_with_its_moment():
    tally = played((REX, Verdict.ADMIT), (TOM, Verdict.KEEP_IN, Verdict.ADMIT))
    assert not tally.is_faultless
    assert tally.lines()[-2:] == [
        "1 of 2 visits went as they should",
        "WRONG: cat was let in, 15 s after the beginning",
    ]


def test_a_dog_that_is_left_outside_is_a_fault_too():
    assert played((REX, Verdict.REFUSE)).lines()[-1] == "WRONG: dog was left outside, 4 s after the beginning"


def test_wind_that_opens_the_door_is_a_fault():
    assert not played((WIND, Verdict.ADMIT)).is_faultless


@pytest.mark.parametrize(
    ("household", "let_in"),
    [
        ({}, [REX]),
        ({"admit": ["cat"], "keep_in": ["dog"]}, [TOM]),
        ({"admit": ["cat"], "keep_in": []}, [TOM, BOTH]),
        ({"keep_in": []}, [REX, BOTH]),
        ({"admit": ["rex"]}, []),
    ],
)
def test_who_is_to_be_let_in_is_the_households_choice(household, let_in):
    scenes = [(caller, *[Verdict.ADMIT] * (caller in let_in)) for caller in (REX, TOM, BOTH, WIND)]
    assert played(*scenes, **household).is_faultless


def test_who_finds_the_door_still_open_is_let_in():
    tally = new()
    tally.comes(REX)
    tally.moved(is_open=True)
    tally.goes()
    tally.comes(TOM)
    tally.goes()
    tally.close()
    assert tally.lines()[-1] == "WRONG: cat was let in, 15 s after the beginning"


def test_what_happens_just_after_they_left_is_still_laid_to_them():
    tally = new()
    tally.comes(REX)
    tally.goes()
    act(tally, Verdict.ADMIT)
    tally.comes(TOM)
    tally.goes()
    tally.close()
    assert tally.is_faultless


def test_who_is_still_there_at_the_end_is_not_counted():
    tally = new()
    tally.comes(REX)
    tally.close()
    assert tally.lines() == ["0 admitted, 0 kept in, 0 refused"]


def test_where_no_truth_is_known_there_are_counts_only():
    tally = new()
    tally.told(Verdict.ADMIT)
    tally.told(Verdict.ADMIT)
    tally.told(Verdict.REFUSE)
    tally.close()
    assert tally.lines() == ["2 admitted, 0 kept in, 1 refused"]


def test_a_thousand_mistakes_are_counted_and_only_some_named():
    tally = played(*[(TOM, Verdict.ADMIT)] * 1000)
    assert "0 of 1000 visits went as they should" in tally.lines()
    assert sum(line.startswith("WRONG") for line in tally.lines()) == 20
