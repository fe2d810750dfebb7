from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petdoor.core.diagnosis import Diagnosis, diagnose
from petdoor.core.eyesight import EyesightLimits, Impairment, Look

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
NIGHT = replace(WELL, brightness=60, darkest=30, brightest=120, sharpness=1.5, likeness=0.3, colour=0.0)
PITCH_DARK = replace(WELL, brightness=12, darkest=5, brightest=90, sharpness=1.0, likeness=0.0, colour=0.0)
FAULTS = {
    Impairment.BLACK: replace(WELL, brightness=4, darkest=0, brightest=15, likeness=0.0),
    Impairment.WHITE: replace(WELL, brightness=252, darkest=248, brightest=255, likeness=0.0),
    Impairment.BLURRED: replace(WELL, sharpness=1.15),
    Impairment.MOVED: replace(WELL, likeness=0.05),
    Impairment.TINTED: replace(WELL, pink=0.9),
}
LASTS = {
    Impairment.BLACK: 60,
    Impairment.WHITE: 60,
    Impairment.BLURRED: 300,
    Impairment.MOVED: 300,
    Impairment.TINTED: 1800,
}
PINK, MOVED, WHITE = FAULTS[Impairment.TINTED], FAULTS[Impairment.MOVED], FAULTS[Impairment.WHITE]
HOUR = 3600
each_fault = pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.name)


def look_on(diagnosis, look, seconds, every=1.0, limits=LIMITS):
    """The same look again and again, for so many seconds."""
    now = diagnosis.looked_at or 0.0
    for step in range(1, round(seconds / every) + 1):
        diagnosis = diagnose(diagnosis, look, now + step * every, limits)
    return diagnosis


def settled():
    return look_on(Diagnosis(), WELL, 10)


def test_a_picture_that_is_well_is_trusted():
    assert look_on(settled(), WELL, 3600).impairments == ()


@each_fault
def test_a_fault_is_told_when_it_has_lasted_and_not_before(kind):
    diagnosis = look_on(settled(), FAULTS[kind], LASTS[kind] - 1)
    assert diagnosis.impairments == ()
    assert look_on(diagnosis, FAULTS[kind], 2).impairments == (kind,)


@each_fault
def test_a_fault_is_over_when_the_picture_has_been_well_for_a_while(kind):
    diagnosis = look_on(settled(), FAULTS[kind], LASTS[kind] + 1)
    diagnosis = look_on(diagnosis, WELL, 29)
    assert diagnosis.impairments == (kind,)
    assert look_on(diagnosis, WELL, 2).impairments == ()


@each_fault
def test_a_fault_that_comes_and_goes_still_adds_up(kind):
    diagnosis = settled()
    for _ in range(LASTS[kind] // 7 + 2):
        diagnosis = look_on(diagnosis, FAULTS[kind], 10)
        diagnosis = look_on(diagnosis, WELL, 5)
    assert diagnosis.impairments == (kind,)


@each_fault
def test_what_is_not_watched_for_is_not_told(kind):
    limits = replace(LIMITS, watch=frozenset(Impairment) - {kind})
    assert look_on(settled(), FAULTS[kind], LASTS[kind] + 10, limits=limits).impairments == ()


def test_a_night_under_a_lamp_is_no_fault():
    assert look_on(settled(), NIGHT, 16 * 3600, every=5.0).impairments == ()


def test_a_picture_without_colour_for_longer_than_any_night_is_a_night_mode_that_sticks():
    assert look_on(settled(), NIGHT, 21 * 3600, every=5.0).impairments == (Impairment.TINTED,)


def test_of_a_dark_picture_with_a_light_in_it_nothing_but_its_darkness_is_judged():
    assert look_on(settled(), PITCH_DARK, 3600).impairments == ()


def test_a_picture_in_which_there_is_nothing_to_see_counts_as_blurred():
    fog = replace(WELL, darkest=118, brightest=125, sharpness=1.9)
    assert look_on(settled(), fog, 301).impairments == (Impairment.BLURRED,)


def test_a_sharp_camera_is_blurred_earlier_than_one_that_never_was_sharp():
    hazy = replace(WELL, sharpness=1.3)
    sharp = look_on(Diagnosis(), replace(WELL, sharpness=2.4), 10)
    assert look_on(sharp, hazy, 301).impairments == (Impairment.BLURRED,)
    assert look_on(look_on(Diagnosis(), hazy, 10), hazy, 301).impairments == ()


def test_what_is_usual_is_not_learnt_from_pictures_that_may_be_impaired():
    blurred = look_on(settled(), FAULTS[Impairment.BLURRED], 3600)
    assert blurred.usual_sharpness == {False: pytest.approx(WELL.sharpness)}


def test_time_in_which_nothing_was_looked_at_proves_nothing():
    diagnosis = diagnose(settled(), FAULTS[Impairment.BLACK], 20.0, LIMITS)
    assert diagnose(diagnosis, FAULTS[Impairment.BLACK], 2e6, LIMITS).impairments == ()


def test_a_view_that_is_not_known_yet_has_not_moved():
    unknown = replace(WELL, likeness=None)
    assert look_on(Diagnosis(), unknown, 600).impairments == ()


@given(st.lists(st.tuples(st.sampled_from([WELL, NIGHT, *FAULTS.values()]), st.floats(0.5, 30)), max_size=80))
def test_nothing_is_told_that_was_not_seen_for_its_time(history):
    diagnosis, now, seen = Diagnosis(), 0.0, dict.fromkeys(Impairment, 0.0)
    for look, seconds in history:
        now += seconds
        diagnosis = diagnose(diagnosis, look, now, LIMITS)
        for kind, fault in FAULTS.items():
            seen[kind] += seconds if look is fault else 0.0
        assert all(seen[kind] >= LASTS[kind] for kind in diagnosis.impairments)


def hours_until_adopted(diagnosis, look, at_most_hours=72):
    """After how many hours of such looks they are usual; None for not at all."""
    began = diagnosis.looked_at
    while diagnosis.looked_at - began < at_most_hours * HOUR:
        diagnosis = diagnose(diagnosis, look, diagnosis.looked_at + 10, LIMITS)
        if diagnosis.has_adopted:
            return (diagnosis.looked_at - began) / HOUR
    return None


def test_another_view_that_stays_is_usual_after_six_hours():
    assert hours_until_adopted(settled(), MOVED) == pytest.approx(6, abs=0.1)


def test_what_is_usual_now_is_no_fault_any_more_and_may_be_learnt():
    diagnosis = look_on(settled(), MOVED, 6 * HOUR + 280, every=10.0)
    assert diagnosis.impairments == (Impairment.MOVED,)
    diagnosis = look_on(diagnosis, MOVED, 10, every=10.0)
    assert (diagnosis.impairments, diagnosis.may_learn, diagnosis.has_adopted) == ((), True, True)
    assert look_on(diagnosis, WELL, HOUR).impairments == ()


def test_what_is_only_less_sharp_than_usual_is_usual_after_six_hours():
    sharp = look_on(Diagnosis(), replace(WELL, sharpness=2.4), 10)
    assert hours_until_adopted(sharp, replace(WELL, sharpness=1.4)) == pytest.approx(6, abs=0.1)


@pytest.mark.parametrize("kind", sorted(set(FAULTS) - {Impairment.MOVED}), ids=lambda kind: kind.name)
def test_what_shows_too_little_is_never_usual_however_long_it_lasts(kind):
    elsewhere = look_on(settled(), MOVED, 301)
    assert hours_until_adopted(elsewhere, replace(FAULTS[kind], likeness=0.05)) is None


def test_a_view_that_changes_all_the_time_is_never_usual():
    assert hours_until_adopted(settled(), replace(MOVED, steadiness=0.05)) is None


def test_hours_in_which_there_is_nothing_to_see_do_not_count_as_steady():
    moved = look_on(settled(), MOVED, 3 * HOUR, every=10.0)
    dark = look_on(moved, PITCH_DARK, 12 * HOUR, every=10.0)
    assert dark.impairments == (Impairment.MOVED,)
    assert hours_until_adopted(dark, MOVED) == pytest.approx(3, abs=0.1)


def test_a_camera_that_is_turned_back_and_away_again_begins_its_hours_anew():
    back = look_on(look_on(settled(), MOVED, 5 * HOUR, every=10.0), WELL, 60)
    assert hours_until_adopted(back, MOVED) == pytest.approx(6, abs=0.1)


def test_a_view_that_nobody_watches_for_is_never_told_nor_learnt_late():
    limits = replace(LIMITS, watch=frozenset({Impairment.BLACK}))
    assert look_on(settled(), MOVED, 10, limits=limits).may_learn


def test_a_grey_night_is_learnt_as_any_other_hour():
    assert look_on(settled(), NIGHT, 5 * HOUR, every=10.0).may_learn


def test_a_flash_of_pink_after_a_grey_night_is_no_fault():
    night = look_on(settled(), NIGHT, 14 * HOUR, every=10.0)
    assert look_on(night, PINK, 20).impairments == ()


def test_pink_after_a_grey_night_is_told_when_it_has_lasted():
    night = look_on(settled(), NIGHT, 14 * HOUR, every=10.0)
    assert look_on(night, PINK, 1799).impairments == ()
    assert look_on(night, PINK, 1801).impairments == (Impairment.TINTED,)


@pytest.mark.parametrize("look", [PITCH_DARK, WHITE, PINK, FAULTS[Impairment.BLURRED]])
def test_a_picture_that_shows_too_little_is_not_learnt_from_the_start(look):
    assert not look_on(Diagnosis(), look, 20).may_learn


def test_a_camera_without_an_infra_red_filter_learns_its_pink_days():
    limits = replace(LIMITS, watch=LIMITS.watch - {Impairment.TINTED})
    assert look_on(Diagnosis(), PINK, 20, limits=limits).may_learn


def test_a_night_is_as_sharp_as_nights_are_and_a_day_as_days_are():
    sharp = look_on(Diagnosis(), replace(WELL, sharpness=2.4), 10)
    night = look_on(sharp, NIGHT, HOUR, every=10.0)
    assert night.impairments == ()
    assert look_on(night, replace(WELL, sharpness=1.5), 301).impairments == (Impairment.BLURRED,)


def test_headlights_that_pass_do_not_add_up():
    diagnosis = settled()
    for _ in range(200):
        diagnosis = look_on(look_on(diagnosis, WHITE, 5), NIGHT, 15)
    assert diagnosis.impairments == ()


def test_a_camera_whose_exposure_hunts_for_minutes_is_told():
    diagnosis = settled()
    for _ in range(80):
        diagnosis = look_on(look_on(diagnosis, WHITE, 2), WELL, 2)
    assert diagnosis.impairments == (Impairment.WHITE,)


def test_a_lamp_that_is_lit_for_two_minutes_now_and_then_is_no_fault():
    lit, diagnosis = replace(NIGHT, likeness=0.0, colour=10), settled()
    for _ in range(20):
        diagnosis = look_on(look_on(diagnosis, lit, 120), NIGHT, 60)
        assert diagnosis.impairments == ()
