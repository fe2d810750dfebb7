"""The live view: a panel a door. What strangers sent is put into ``Text``, which knows no markup."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from petdoor.monitor import words
from petdoor.monitor.happenings import Happening
from petdoor.monitor.link import Link
from petdoor.monitor.watched import Door, House
from petdoor.monitor.words import Tone

_STYLES: Final = {
    Tone.GOOD: "green",
    Tone.BARRED: "magenta",
    Tone.CARE: "yellow",
    Tone.ALARM: "bold red",
    Tone.QUIET: "default",
}
_LABEL: Final = "dim"
_DOOR_CELLS: Final = 78
"""Below this width a panel is not set beside another."""
_STATE_CELLS: Final = 24
_LEAST_LINES: Final = 5
_MOST_PROBLEM_LINES: Final = 3
_ONCE_LINES: Final = 14
_WHAT_CELLS: Final = 12
_WHOM_CELLS: Final = 14


class Screen:
    """The whole terminal, from ``with`` on until its end; then it is as it was before."""

    def __init__(self, console: Console | None = None, *, title: str) -> None:
        self._console = console or Console()
        self._title = title
        self._live = Live(console=self._console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, house: House, link: Link, *, now: float, today: datetime) -> None:
        """Draw what is known; ``now`` in monotonic seconds, ``today`` by the clock here."""
        width, height = self._console.size
        view = View(width=width, height=height, now=now, today=today)
        self._live.update(view.picture(house, link, self._title), refresh=True)


def show_once(house: House, link: Link, *, now: float, today: datetime) -> None:
    """Draw what is known, and leave it on the terminal."""
    console = Console()
    view = View(width=console.width, height=_ONCE_LINES * (len(house.doors) + 1), now=now, today=today)
    console.print(view.picture(house, link, house.base))


class View:
    """Draws for one size and one moment.

    Args:
        width: of the terminal, in cells.
        height: of the terminal, in lines.
        now: monotonic seconds.
        today: the time of day here.
    """

    def __init__(self, *, width: int, height: int, now: float, today: datetime) -> None:
        self._width = width
        self._height = height
        self._now = now
        self._today = today

    def picture(self, house: House, link: Link, title: str) -> RenderableType:
        """All doors, as many side by side as there is room for, below a line about the broker."""
        head = self._head(link, title)
        doors = list(house)
        if not doors:
            waiting = Text(f"no door has told anything below {house.base}/ yet", _LABEL)
            return Group(*head, Text(), Text("  ").append(waiting))
        columns = max(1, min(len(doors), self._width // _DOOR_CELLS))
        room = self._height - len(head)
        rows = [doors[first : first + columns] for first in range(0, len(doors), columns)]
        fitting = max(1, room // _LEAST_LINES)
        hidden = [door.id for row in rows[fitting:] for door in row]
        if hidden:
            head.append(self._cut(Text(f"no room here for {', '.join(hidden)}; --door shows one", "yellow")))
            room -= 1
            fitting = max(1, room // _LEAST_LINES)
        rows = rows[:fitting]
        return Group(*head, *(self._row(row, columns, room // len(rows), is_live=link.is_up) for row in rows))

    def panel(self, door: Door, lines: list[Text], *, width: int, is_live: bool) -> Panel:
        """The frame around a door's lines; grey while all this is only what was known."""
        presence, tone = words.presence(door, self._now)
        title = Text.assemble((door.id, "bold"), "  ", (presence, _STYLES[tone]))
        figures = Text(" · ".join(words.rates(door, self._now)), _LABEL)
        return Panel(
            Group(*(self._cut(line, width - 4) for line in lines)),
            title=self._cut(title, width - 6),
            title_align="left",
            subtitle=self._cut(figures, width - 6) if figures else None,
            subtitle_align="right",
            border_style=_border(door) if is_live else "dim",
            width=width,
        )

    def lines(self, door: Door, *, width: int, room: int) -> list[Text]:
        """A door's bolt, what is wrong, what it told of itself, and what happened last, newest first.

        Args:
            door: what is known of it.
            width: how many cells a line may have.
            room: how many lines there may be; what matters least is left out first.
        """
        lines = [*self._bolt(door, width), *self._problems(door, width)]
        grid = list(self._states(door, width))
        if room - len(lines) - len(grid) >= 3:
            lines += grid
        if room - len(lines) >= 3:
            lines.append(Text())
        return [*lines, *self._events(door, max(0, room - len(lines)))][:room]

    def _head(self, link: Link, title: str) -> list[Text]:
        clock = f"{self._today:%H:%M:%S}"
        right = Text.assemble(("● " if link.is_up else "○ ", "green" if link.is_up else "red"), clock)
        left = Text.assemble((" petdoor monitor ", "bold reverse"), "  ", (title, _LABEL))
        space = self._width - right.cell_len - 1
        self._cut(left, space)
        lines = [left.append(" " * (space - left.cell_len)).append_text(right)]
        if not link.is_up:
            lines.append(
                self._cut(Text(f" {link.words(self._now)}", "bold red" if link.was_up else "yellow"))
            )
        return lines

    def _row(self, doors: list[Door], columns: int, height: int, *, is_live: bool) -> RenderableType:
        width = self._width // columns
        said = [self.lines(door, width=width - 4, room=height - 2) for door in doors]
        longest = max(map(len, said))
        grid = Table.grid(padding=0)
        grid.add_row(
            *(
                self.panel(door, lines + [Text()] * (longest - len(lines)), width=width, is_live=is_live)
                for door, lines in zip(doors, said, strict=True)
            )
        )
        return grid

    def _bolt(self, door: Door, width: int) -> Iterator[Text]:
        state, tone = words.bolt(door)
        line = Text.assemble((f" {state} ", f"bold {_STYLES[tone]} reverse"))
        if door.mode:
            style = "bold" if door.mode == "auto" else "bold yellow"
            line.append("  mode ", _LABEL).append(door.mode, style).append(f": {words.mode(door)}", _LABEL)
        version = door.info.get("version")
        named = Text(f"petdoor {version}" if version else "", _LABEL)
        space = width - line.cell_len - named.cell_len
        yield line.append(" " * space).append_text(named) if space > 2 else line

    def _states(self, door: Door, width: int) -> Iterator[Text]:
        columns = max(1, width // _STATE_CELLS)
        cells = []
        for name, value, tone in words.states(door):
            cells.append(Text.assemble((f"{name} ", _LABEL), (value, _STYLES[tone])))
        for first in range(0, len(cells), columns):
            line = Text()
            for cell in cells[first : first + columns]:
                line.append_text(_padded(cell, width // columns))
            yield line

    def _problems(self, door: Door, width: int) -> list[Text]:
        found = words.problems(door)
        if not found:
            return []
        lines = [line for part, reason in found for line in textwrap.wrap(f"! {part}: {reason}", width)]
        return [Text(line, "bold red") for line in lines[:_MOST_PROBLEM_LINES]]

    def _events(self, door: Door, count: int) -> Iterator[Text]:
        if not door.events:
            yield Text("nothing has happened yet", _LABEL)
        latest = door.events[-count:][::-1] if count else ()
        moments = [words.moment(event.at, self._today) for event in latest]
        cells = max((len(moment) for moment in moments), default=0)
        for event, moment in zip(latest, moments, strict=True):
            yield _event(event, moment.ljust(cells))

    def _cut(self, line: Text, width: int | None = None) -> Text:
        line.truncate(width or self._width, overflow="ellipsis")
        return line


def _event(event: Happening, moment: str) -> Text:
    told = words.told(event)
    style = _STYLES[told.tone]
    line = Text.assemble((f"{moment}  ", _LABEL))
    line.append_text(_padded(Text(told.what, style), _WHAT_CELLS))
    line.append_text(_padded(Text(told.whom, "bold"), _WHOM_CELLS))
    return line.append(
        told.why, style.removeprefix("bold ") if told.tone in {Tone.ALARM, Tone.CARE} else _LABEL
    )


def _padded(cell: Text, width: int) -> Text:
    """The cell in exactly so many cells, the last of them empty."""
    cell.truncate(width - 1, overflow="ellipsis")
    return cell.append(" " * (width - cell.cell_len))


def _border(door: Door) -> str:
    if door.is_online is False or words.problems(door):
        return "red"
    return _STYLES[words.bolt(door)[1]].removeprefix("bold ")
