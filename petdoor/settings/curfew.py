"""The settings of the curfew: when welcome animals are not let in."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from time import tzset
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from petdoor.core.curfew import Curfew, Window
from petdoor.core.species import Species
from petdoor.settings.common import Section

_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS: Final[Mapping[str, frozenset[int]]] = {
    **{name[:3]: frozenset({day}) for day, name in enumerate(_NAMES)},
    "daily": frozenset(range(7)),
    "weekdays": frozenset(range(5)),
    "weekend": frozenset({5, 6}),
}
_SHORT: Final[Mapping[str, str]] = {name: name[:3] for name in _NAMES}
_TIME_OF_DAY: Final = re.compile("([01]?[0-9]|2[0-3]):([0-5][0-9])")


class MachineZone(tzinfo):
    """The zone that the machine is in at the time: it may be put into another while petdoor runs."""

    def fromutc(self, moment: datetime) -> datetime:
        tzset()  # else the C library keeps to the zone in which the process was started
        return moment.replace(tzinfo=UTC).astimezone()

    def utcoffset(self, wall: datetime | None) -> timedelta | None:
        return _as_the_machine_shows(wall).utcoffset() if wall else None

    def dst(self, _: datetime | None) -> None:
        """Not known apart from the offset."""

    def tzname(self, wall: datetime | None) -> str | None:
        return _as_the_machine_shows(wall).tzname() if wall else None


MACHINE_ZONE: Final = MachineZone()


def _as_the_machine_shows(wall: datetime) -> datetime:
    tzset()
    return wall.replace(tzinfo=None).astimezone()


def _known_day(name: str) -> str:
    folded = name.casefold()
    day = _SHORT.get(folded, folded)
    if day not in _DAYS:
        raise ValueError(f"the days are {', '.join(_DAYS)}")
    return day


def _time_of_day(value: Any) -> time:
    # No number: 630 may be meant as 6:30, or be what another program read of 10:30.
    shown = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if not shown:
        raise ValueError("a time of day is 00:00 to 23:59")
    return time(int(shown[1]), int(shown[2]))


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(
            "there is no such zone; name one that timedatectl list-timezones tells, such as Europe/Berlin, "
            "or null for the machine's"
        ) from error
    return name


Day = Annotated[str, AfterValidator(_known_day)]
Days = Annotated[list[Day], BeforeValidator(lambda days: [days] if isinstance(days, str) else days)]
TimeOfDay = Annotated[time, BeforeValidator(_time_of_day)]
EndOfDay = Annotated[TimeOfDay, BeforeValidator(lambda shown: "00:00" if shown == "24:00" else shown)]


class WindowSettings(Section):
    """Who is held back, and when: see ``Window``."""

    species: list[str] | None = None
    days: Days = ["daily"]
    begins: TimeOfDay = Field(alias="from")
    ends: EndOfDay = Field(alias="to")

    @field_validator("species", "days")
    @classmethod
    def _names_one_at_least(cls, names: list[str] | None) -> list[str] | None:
        if names == []:
            raise ValueError("name one at least, or leave it out for all")
        return names

    def window(self, admit: frozenset[Species]) -> Window:
        """The same for the core; ``admit`` is who is meant where nobody is named."""
        days = frozenset[int]().union(*(_DAYS[name] for name in self.days))
        species = admit if self.species is None else frozenset(self.species)
        return Window(days, self.begins, self.ends, species)


class CurfewSettings(Section):
    """When welcome animals are not let in: see ``Curfew``."""

    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    windows: list[WindowSettings] = []

    def curfew(self, admit: frozenset[Species]) -> Curfew:
        """The same for the core, for a door that admits these.

        Raises:
            ValueError: a window would hold back who is never let in; the message begins with the key.
        """
        windows = tuple(window.window(admit) for window in self.windows)
        for number, window in enumerate(windows):
            strangers = ", ".join(sorted(window.species - admit))
            if strangers:
                welcome = ", ".join(sorted(admit)) or "nobody"
                raise ValueError(
                    f"windows.{number}.species: {strangers}: never let in anyway; policy.admit says {welcome}"
                )
        return Curfew(windows, ZoneInfo(self.timezone) if self.timezone else MACHINE_ZONE)
