import time as machine
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from petdoor import config
from petdoor.core.curfew import Curfew, Window
from petdoor.errors import ConfigError
from petdoor.settings.curfew import MACHINE_ZONE, CurfewSettings

SHIPPED = Path(__file__).parent.parent / "config.yaml"
NIGHT = "from: '22:00', to: '06:30'"
DAILY = frozenset(range(7))


@pytest.fixture
def file(tmp_path):
    return tmp_path / "config.yaml"


@pytest.fixture
def machine_in(monkeypatch):
    """Puts the machine into a zone, as its owner may at any time."""
    with monkeypatch.context() as environment:
        yield lambda zone: environment.setenv("TZ", zone)
    machine.tzset()


def curfew_of(file, windows, *, admit="dog", timezone="UTC"):
    file.write_text(
        f"policy: {{admit: [{admit}], curfew: {{timezone: {timezone}, windows: [{windows}]}}}}", "utf-8"
    )
    policy = config.load(file).policy
    return policy.curfew.curfew(frozenset(policy.admit))


def window_of(file, window, **settings):
    (one,) = curfew_of(file, f"{{{window}}}", **settings).windows
    return one


def fault(file, windows, **settings):
    with pytest.raises(ConfigError) as caught:
        curfew_of(file, windows, **settings)
    return str(caught.value)


def test_without_settings_there_is_no_curfew():
    assert CurfewSettings().curfew(frozenset({"dog"})) == Curfew((), MACHINE_ZONE)


def test_a_window_of_the_settings_is_a_window_of_the_core(file):
    window = f"species: [dog], days: [fri, sat], {NIGHT}"
    expected = Window(frozenset({4, 5}), time(22), time(6, 30), frozenset({"dog"}))
    assert curfew_of(file, f"{{{window}}}") == Curfew((expected,), ZoneInfo("UTC"))


def test_a_window_that_names_neither_species_nor_days_is_for_all_that_are_welcome_daily(file):
    window = window_of(file, NIGHT, admit="dog, fox")
    assert (window.species, window.days) == (frozenset({"dog", "fox"}), DAILY)


def test_the_example_in_the_comments_works(file):
    text = SHIPPED.read_text("utf-8").replace("windows: []", "windows:").replace("\n    #", "\n     ")
    file.write_text(text, "utf-8")
    (window,) = config.load(file).policy.curfew.windows
    assert (window.species, window.days) == (["dog"], ["mon", "tue"])
    assert (window.begins, window.ends) == (time(22), time(6, 30))


@pytest.mark.parametrize(
    ("days", "numbers"),
    [
        ("[mon, tue, wed, thu, fri, sat, sun]", DAILY),
        ("[MON, Tuesday, WEDNESDAY]", {0, 1, 2}),
        ("[daily]", DAILY),
        ("daily", DAILY),
        ("weekdays", {0, 1, 2, 3, 4}),
        ("[Weekend, friday]", {4, 5, 6}),
        ("[sun, sun]", {6}),
    ],
)
def test_days_have_many_names(file, days, numbers):
    assert window_of(file, f"days: {days}, {NIGHT}").days == numbers


@pytest.mark.parametrize(
    ("shown", "expected"),
    [("'00:00'", time(0)), ("'7:05'", time(7, 5)), ("06:30", time(6, 30)), ("22:00", time(22))],
)
def test_a_time_of_day_is_read_as_it_is_shown(file, shown, expected):
    window = window_of(file, f"from: {shown}, to: {shown}")
    assert (window.begins, window.ends) == (expected, expected)


def test_a_window_may_end_at_24_00(file):
    assert window_of(file, "from: '20:00', to: '24:00'").ends == time(0)


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        *(("22:00:00", "22:00:00"), ("25:00", "25:00"), ("22", 22), ("630", 630), ("22.30", 22.3)),
        *(("'24:00'", "24:00"), ("'7:5'", "7:5"), ("'07:30 '", "07:30 "), ("''", "")),
        *(("null", None), ("true", True), ("[22, 0]", [22, 0])),
    ],
)
def test_what_may_be_no_time_of_day_is_a_fault(file, shown, read):
    expected = f"policy.curfew.windows.0.from: {read!r} is not allowed: a time of day is 00:00 to 23:59"
    assert expected in fault(file, f"{{from: {shown}, to: '06:30'}}")


@pytest.mark.parametrize(
    ("window", "sentence"),
    [
        (
            f"days: [mon, Tues], {NIGHT}",
            "days.1: 'Tues' is not allowed: the days are mon, tue, wed, thu, fri, sat, sun, daily, weekdays",
        ),
        (f"days: [0], {NIGHT}", "days.0: 0 is not allowed; it should be a valid string"),
        (f"days: [], {NIGHT}", "days: [] is not allowed: name one at least, or leave it out for all"),
        (f"species: [], {NIGHT}", "species: [] is not allowed: name one at least, or leave it out for all"),
        (f"species: dog, {NIGHT}", "species: 'dog' is not allowed; it should be a valid array"),
        ("from: '22:00'", "to: is missing"),
        (f"{NIGHT}, begins: '22:00'", "begins: there is no such key"),
    ],
)
def test_a_fault_of_a_window_is_told_with_key_and_what_is_allowed(file, window, sentence):
    assert f"1 fault\n  policy.curfew.windows.0.{sentence}" in fault(file, f"{{{window}}}")


def test_the_faults_of_all_windows_are_told_at_once(file):
    said = fault(file, "{from: 22, to: 6}, {days: [someday], from: '25:00'}", timezone="Berlin")
    assert ": 6 faults\n" in said
    assert "policy.curfew.windows.1.to: is missing" in said


@pytest.mark.parametrize(
    ("species", "strangers"), [("cat", "cat"), ("other", "other"), ("Dog, dog, cat", "Dog, cat")]
)
def test_holding_back_who_is_never_let_in_is_a_fault(file, species, strangers):
    expected = f"windows.1.species: {strangers}: never let in anyway; policy.admit says dog, fox"
    said = fault(file, f"{{{NIGHT}}}, {{species: [{species}], {NIGHT}}}", admit="fox, dog")
    assert f"1 fault\n  policy.curfew: {expected}" in said


def test_holding_somebody_back_at_a_door_for_nobody_is_a_fault_too(file):
    assert "policy.admit says nobody" in fault(file, f"{{species: [dog], {NIGHT}}}", admit="")


def test_a_fault_of_admit_is_told_without_one_of_the_curfew(file):
    said = fault(file, f"{{species: [dog], {NIGHT}}}", admit="other")
    assert "1 fault\n  policy.admit: ['other']" in said


@pytest.mark.parametrize("zone", ["Berlin", "Europe", "../etc", "/etc/localtime", "''", "é"])
def test_an_unknown_zone_is_a_fault_that_says_what_is_allowed(file, zone):
    said = fault(file, "", timezone=zone)
    assert "1 fault\n  policy.curfew.timezone: " in said
    assert "is not allowed: there is no such zone; name one that timedatectl list-timezones tells" in said
    assert said.endswith("such as Europe/Berlin, or null for the machine's")


def test_the_curfew_is_in_the_zone_of_the_settings(file):
    curfew = curfew_of(file, f"{{{NIGHT}}}", timezone="America/New_York")
    assert curfew.zone == ZoneInfo("America/New_York")


def test_without_a_zone_the_curfew_is_in_the_machines(file, machine_in):
    machine_in("America/New_York")
    curfew = curfew_of(file, f"{{{NIGHT}}}", timezone="null")
    assert curfew.species_at(datetime(2026, 7, 1, 2, tzinfo=UTC)) == {"dog"}
    assert curfew.species_at(datetime(2026, 7, 1, 1, 59, tzinfo=UTC)) == frozenset()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
def test_the_machines_zone_shows_what_its_namesake_shows_all_the_year(machine_in, zone):
    machine_in(zone)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for moment in (begin + quarter * timedelta(minutes=15) for quarter in range(365 * 96)):
        here, there = moment.astimezone(MACHINE_ZONE), moment.astimezone(ZoneInfo(zone))
        assert (here.replace(tzinfo=None), here.utcoffset()) == (
            there.replace(tzinfo=None, fold=0),
            there.utcoffset(),
        )


def test_a_machine_put_into_another_zone_is_followed(machine_in):
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    hours = []
    for zone in ("Europe/Berlin", "America/New_York", "UTC"):
        machine_in(zone)
        hours.append(noon.astimezone(MACHINE_ZONE).hour)
    assert hours == [14, 8, 12]


def test_a_wall_clock_of_the_machine_knows_its_offset_and_name(machine_in):
    machine_in("Europe/Berlin")
    summer, winter = (datetime(2026, month, 1, tzinfo=MACHINE_ZONE) for month in (7, 1))
    assert [(wall.utcoffset(), wall.tzname()) for wall in (summer, winter)] == [
        (timedelta(hours=2), "CEST"),
        (timedelta(hours=1), "CET"),
    ]
