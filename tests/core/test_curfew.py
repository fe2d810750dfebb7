from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from petdoor.core.curfew import Curfew, Window
from petdoor.core.species import CAT, DOG

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # half an hour is skipped and repeated there
ZONES = (BERLIN, NEW_YORK, LORD_HOWE, ZoneInfo("UTC"))

WED, THU, FRI, SAT, SUN = range(2, 7)
DAILY = frozenset(range(7))
DAY, WEEK = 24 * 60, 7 * 24 * 60
MINUTE = timedelta(minutes=1)

times = st.builds(time, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
weekdays = st.frozensets(st.integers(0, 6))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- hypothesis wants them naive
# Where a mistake would show: about each change of the clocks of one year, in all these zones.
changes = st.sampled_from(
    [
        datetime(2026, month, day, hour, tzinfo=UTC)
        for month, day, hour in [
            *((3, 29, 1), (10, 25, 1)),  # Berlin
            *((3, 8, 7), (11, 1, 6)),  # New York
            *((4, 4, 15), (10, 3, 15)),  # Lord Howe
        ]
    ]
)
near_changes = st.builds(lambda at, minutes: at + minutes * MINUTE, changes, st.integers(-600, 600))


def window(begins, ends, days=DAILY, species=(DOG,)):
    return Window(frozenset(days), time.fromisoformat(begins), time.fromisoformat(ends), frozenset(species))


def held(curfew, moment):
    """Whether the dog is held back at a moment of UTC."""
    return DOG in curfew.species_at(datetime.fromisoformat(moment).replace(tzinfo=UTC))


def minutes_held(curfew, first, last):
    """How many minutes between two moments of UTC the dog is held back."""
    begin, end = (datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (first, last))
    return sum(DOG in curfew.species_at(begin + k * MINUTE) for k in range((end - begin) // MINUTE))


def test_no_window_holds_nobody_back():
    assert Curfew().species_at(datetime(2026, 7, 1, tzinfo=UTC)) == frozenset()


@pytest.mark.parametrize(
    ("moment", "is_held"),
    [("19:59:59.999999", False), ("20:00", True), ("21:59:59.999999", True), ("22:00", False)],
)
def test_a_window_holds_from_its_first_moment_to_just_before_its_end(moment, is_held):
    assert held(Curfew((window("20:00", "22:00"),)), f"2026-07-01 {moment}") is is_held


@pytest.mark.parametrize(
    ("moment", "is_held"),
    [
        ("2026-07-03 21:59", False),  # a Friday
        ("2026-07-03 22:00", True),
        ("2026-07-04 06:29", True),
        ("2026-07-04 06:30", False),
        ("2026-07-04 22:00", False),  # Saturday is not named
        ("2026-07-03 02:00", False),  # nor is Thursday
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(moment, is_held):
    assert held(Curfew((window("22:00", "06:30", {FRI}),)), moment) is is_held


def test_the_night_of_sunday_ends_on_monday():
    curfew = Curfew((window("22:00", "06:30", {SUN}),))
    assert held(curfew, "2026-07-06 06:00")
    assert not held(curfew, "2026-07-05 06:00")


def test_a_night_goes_over_the_end_of_the_year():
    curfew = Curfew((window("22:00", "06:30", {THU}),), BERLIN)  # 31 December 2026 is a Thursday
    assert minutes_held(curfew, "2026-12-31 21:00", "2027-01-01 05:30") == 8.5 * 60
    assert minutes_held(curfew, "2026-12-31 00:00", "2027-01-02 00:00") == 8.5 * 60


def test_the_same_time_twice_is_a_whole_day_from_then_on():
    curfew = Curfew((window("12:00", "12:00", {WED}),))
    assert held(curfew, "2026-07-01 12:00")
    assert held(curfew, "2026-07-02 11:59")
    assert minutes_held(curfew, "2026-06-29", "2026-07-06") == DAY


def test_the_day_is_that_of_the_zone_and_not_of_utc():
    curfew = Curfew((window("20:00", "21:00", {SUN}),), NEW_YORK)
    assert held(curfew, "2026-07-06 00:30")  # there, still half past eight on Sunday evening
    assert not held(curfew, "2026-07-05 00:30")


def test_a_moment_may_be_told_in_any_zone():
    curfew = Curfew((window("22:00", "06:30"),), BERLIN)
    there = datetime(2026, 7, 2, 6, 15, tzinfo=LORD_HOWE)  # 21:45 in Berlin
    assert not curfew.species_at(there)
    assert curfew.species_at(there + timedelta(minutes=15))


def test_each_species_has_its_own_windows_and_they_add_up():
    curfew = Curfew((window("20:00", "23:00"), window("22:00", "06:00", species=(CAT, "fox"))))
    told = [curfew.species_at(datetime(2026, 7, 1, hour, tzinfo=UTC)) for hour in (12, 20, 22, 23)]
    assert told == [frozenset(), {DOG}, {DOG, CAT, "fox"}, {CAT, "fox"}]


@pytest.mark.parametrize(
    ("zone", "first", "last", "hours"),
    [
        (BERLIN, "2026-03-28 12:00", "2026-03-29 12:00", 7.5),
        (BERLIN, "2026-10-24 12:00", "2026-10-25 12:00", 9.5),
        (NEW_YORK, "2026-03-07 18:00", "2026-03-08 18:00", 7.5),
        (NEW_YORK, "2026-10-31 18:00", "2026-11-01 18:00", 9.5),
        (LORD_HOWE, "2026-10-03 00:00", "2026-10-04 00:00", 8.0),
        (LORD_HOWE, "2026-04-04 00:00", "2026-04-05 00:00", 9.0),
        (ZoneInfo("UTC"), "2026-03-28 12:00", "2026-03-29 12:00", 8.5),
    ],
)
def test_a_night_is_shorter_or_longer_when_the_clocks_change(zone, first, last, hours):
    assert minutes_held(Curfew((window("22:00", "06:30"),), zone), first, last) == hours * 60


@pytest.mark.parametrize(
    ("zone", "begins", "last_before", "first_in"),
    [
        (BERLIN, "02:30", "2026-03-29 00:59", "2026-03-29 01:00"),  # 01:59, then 03:00
        (NEW_YORK, "02:30", "2026-03-08 06:59", "2026-03-08 07:00"),
        (LORD_HOWE, "02:15", "2026-10-03 15:29", "2026-10-03 15:30"),  # 01:59, then 02:30
    ],
)
def test_a_window_that_begins_in_the_skipped_hour_begins_after_it(zone, begins, last_before, first_in):
    curfew = Curfew((window(begins, "05:00"),), zone)
    assert not held(curfew, last_before)
    assert held(curfew, first_in)


def test_a_window_that_ends_in_the_skipped_hour_ends_before_it():
    curfew = Curfew((window("22:00", "02:30"),), BERLIN)
    assert held(curfew, "2026-03-29 00:59")
    assert not held(curfew, "2026-03-29 01:00")


def test_a_window_within_the_skipped_hour_is_left_out_that_night():
    curfew = Curfew((window("02:10", "02:50"),), BERLIN)
    assert minutes_held(curfew, "2026-03-28 12:00", "2026-03-29 12:00") == 0


@pytest.mark.parametrize(
    ("zone", "begins", "ends", "middle", "minutes"),
    [
        (BERLIN, "02:10", "02:50", "2026-10-25 01:00", 40),
        (NEW_YORK, "01:10", "01:50", "2026-11-01 06:00", 40),
        (LORD_HOWE, "01:35", "01:55", "2026-04-04 15:00", 20),
    ],
)
def test_a_window_within_the_repeated_hour_holds_both_times(zone, begins, ends, middle, minutes):
    curfew, day = Curfew((window(begins, ends),), zone), middle[:10]
    assert minutes_held(curfew, f"{day} 00:00", middle) == minutes
    assert minutes_held(curfew, middle, f"{day} 20:00") == minutes


def test_a_window_that_begins_in_the_repeated_hour_pauses_when_the_clock_is_put_back():
    curfew = Curfew((window("02:30", "05:00"),), BERLIN)
    told = [held(curfew, f"2026-10-25 {clock}") for clock in ("00:29", "00:30", "00:59", "01:00", "01:30")]
    assert told == [False, True, True, False, True]


def microseconds(clock):
    return (datetime.combine(datetime.min, clock) - datetime.min) // timedelta(microseconds=1)  # noqa: DTZ901 -- any day


def brute_force(one, wall):
    """Whether one of its beginnings, of this week or the last, is less than its length ago."""
    whole_day = 24 * 3600 * 10**6
    begins, ends = microseconds(one.begins), microseconds(one.ends)
    lasts = (ends - begins) % whole_day or whole_day
    now = wall.weekday() * whole_day + microseconds(wall.time())
    beginnings = [(day + week) * whole_day + begins for day in one.days for week in (-7, 0)]
    return any(0 <= now - beginning < lasts for beginning in beginnings)


@settings(max_examples=500)
@given(
    moments | near_changes, st.sampled_from(ZONES), st.builds(Window, weekdays, times, times, st.just({DOG}))
)
def test_it_holds_back_exactly_when_the_clock_on_the_wall_shows_a_time_in_the_window(moment, zone, one):
    assert (DOG in Curfew((one,), zone).species_at(moment)) is brute_force(one, moment.astimezone(zone))


@given(moments | near_changes, st.sampled_from(ZONES), weekdays, times, times)
def test_windows_that_complement_each_other_hold_exactly_one_at_any_time(moment, zone, days, one, other):
    assume(one != other)
    windows = (
        Window(of, begins, ends, frozenset({f"from {begins} of {sorted(of)}"}))
        for of in (days, DAILY - days)
        for begins, ends in ((one, other), (other, one))
    )
    assert len(Curfew(tuple(windows), zone).species_at(moment)) == 1


quarters = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))


@settings(max_examples=50)
@given(weekdays, quarters, quarters)
def test_in_a_week_without_a_change_of_clocks_a_window_lasts_as_long_as_it_says(days, begins, ends):
    curfew = Curfew((Window(days, begins, ends, frozenset({DOG})),), BERLIN)
    first = datetime(2026, 7, 1, tzinfo=UTC)
    quarters_held = sum(
        DOG in curfew.species_at(first + k * timedelta(minutes=15)) for k in range(WEEK // 15)
    )
    lasts = (microseconds(ends) - microseconds(begins)) // (60 * 10**6) % DAY or DAY
    assert quarters_held * 15 == len(days) * lasts
