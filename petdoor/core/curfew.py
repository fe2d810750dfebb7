"""The curfew: the hours of the week in which a welcome animal is held back all the same."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, tzinfo

from petdoor.core.species import Species


@dataclass(frozen=True, slots=True)
class Window:
    """Some hours of some days, by the clock on the wall.

    Attributes:
        days: the days it begins on, 0 (Monday) to 6; what lies past midnight belongs to the day before.
        begins: the first time of day that counts.
        ends: the first that no longer does; not later than ``begins`` it is one of the next day, so that
            the same time twice makes a whole day.
        species: who is held back.
    """

    days: frozenset[int]
    begins: time
    ends: time
    species: frozenset[Species]

    def covers(self, wall: datetime) -> bool:
        """Whether the clock on the wall shows a time in it."""
        today, clock = wall.weekday(), wall.time()
        if self.begins < self.ends:
            return today in self.days and self.begins <= clock < self.ends
        yesterday = (today - 1) % 7
        return (today in self.days and self.begins <= clock) or (yesterday in self.days and clock < self.ends)


@dataclass(frozen=True, slots=True)
class Curfew:
    """Who is held back when; none by default.

    Only what the clock on the wall shows counts. In the two nights of the year in which it is put forward or
    back, a window is so much shorter or longer; an hour shown twice counts twice, one never shown not at all.

    Attributes:
        windows: any that is in force holds back its species.
        zone: where the wall is.
    """

    windows: tuple[Window, ...] = ()
    zone: tzinfo = UTC

    def species_at(self, moment: datetime) -> frozenset[Species]:
        """Who is held back at an aware moment of any zone."""
        wall = moment.astimezone(self.zone)
        return frozenset[Species]().union(*(window.species for window in self.windows if window.covers(wall)))
