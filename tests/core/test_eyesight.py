from dataclasses import replace

import pytest

from petdoor.core.eyesight import EyesightLimits, Impairment, Look, Sign, is_grey, signs, suspected

LIMITS = EyesightLimits()
WELL = Look(
    brightness=100,
    darkest=40,
    brightest=200,
    sharpness=1.9,
    likeness=0.7,
    steadiness=0.8,
    pink=0.0,
    colour=20,
)


def test_nothing_is_wrong_with_a_picture_that_is_well():
    assert suspected(WELL, WELL.sharpness, LIMITS) == {}
    assert set(signs(WELL, None, LIMITS).values()) == {False}


@pytest.mark.parametrize(
    ("kind", "look"),
    [
        (Impairment.BLACK, replace(WELL, brightness=4, darkest=0, brightest=15)),
        (Impairment.WHITE, replace(WELL, darkest=248, brightest=255)),
        (Impairment.BLURRED, replace(WELL, sharpness=1.15)),
        (Impairment.BLURRED, replace(WELL, darkest=118, brightest=125)),
        (Impairment.MOVED, replace(WELL, likeness=0.05)),
        (Impairment.TINTED, replace(WELL, pink=0.9)),
        (Impairment.TINTED, replace(WELL, colour=0.5)),
    ],
)
def test_one_fault_in_a_picture_is_not_taken_for_another(kind, look):
    assert suspected(look, None, LIMITS) == {kind: True}


@pytest.mark.parametrize("change", [{"brightness": 12}, {"darkest": 248}])
def test_of_a_picture_that_is_too_dark_or_white_nothing_else_is_told(change):
    found = signs(replace(WELL, sharpness=1.0, likeness=0.0, colour=0.0, **change), None, LIMITS)
    assert {sign for sign, is_wrong in found.items() if is_wrong is None} == set(Sign) - {
        Sign.BLACK,
        Sign.WHITE,
    }


def test_a_view_of_which_nothing_is_known_cannot_be_told():
    assert signs(replace(WELL, likeness=None), None, LIMITS)[Sign.MOVED] is None


def test_a_picture_without_colour_is_grey_and_a_pink_one_is_not():
    assert is_grey(replace(WELL, colour=0.0), LIMITS)
    assert not is_grey(replace(WELL, pink=0.9), LIMITS)


def test_every_impairment_says_what_to_do_and_has_a_sign():
    assert all(": " in kind for kind in Impairment)
    assert {sign.impairment for sign in Sign} == set(Impairment)
