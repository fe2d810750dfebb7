"""What came of it all: how often the door said what, and where the truth is known, whether it was right."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from petdoor.core.events import Verdict
from petdoor.core.species import Species

_MISTAKES_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody of whom it is known who they are.

    Attributes:
        name: who, for people.
        species: all that a right door sees of them; none when nobody is there.
        at: when they came, in seconds.
    """

    name: str
    species: frozenset[Species]
    at: float


class Tally:
    """Counts verdicts, and holds the door against the truth where somebody tells it.

    What happens is laid to whoever came last: the door may still be counting frames when they are gone. Each
    call is one step, so that a camera's thread may tell who comes while the door's tells what it does.
    """

    def __init__(self, *, admit: frozenset[Species], keep_in: frozenset[Species]) -> None:
        """Who should be let in, and whose sight bars the door."""
        self._admit, self._keep_in = admit, keep_in
        self._verdicts: Counter[Verdict] = Counter()
        self._of_callers: dict[str, Counter[Verdict]] = {}
        self._came: Counter[str] = Counter()
        self._let_in: Counter[str] = Counter()
        self._mistakes = 0
        self._mistakes_named: list[str] = []
        self._caller: Caller | None = None
        self._is_open = self._has_gone = self._was_let_in = False

    def comes(self, caller: Caller) -> None:
        """Somebody comes; a door that still stands open lets them in."""
        self._close()
        self._caller, self._has_gone, self._was_let_in = caller, False, self._is_open

    def goes(self) -> None:
        """Whoever came last is gone."""
        self._has_gone = True

    def told(self, verdict: Verdict) -> None:
        """The door has judged."""
        self._verdicts[verdict] += 1
        if self._caller:
            self._of_callers.setdefault(self._caller.name, Counter())[verdict] += 1

    def moved(self, *, is_open: bool) -> None:
        """The bolt has moved."""
        self._is_open = is_open
        self._was_let_in = self._was_let_in or is_open

    def close(self) -> None:
        """Nobody comes any more. Who is still there is not counted: they were not seen to the end."""
        if self._has_gone:
            self._close()
        self._caller = None

    @property
    def is_faultless(self) -> bool:
        """Whether all who came were treated as they should be."""
        return not self._mistakes

    def lines(self) -> list[str]:
        """The counts, and where the truth is known a line for each kind of caller and each mistake."""
        came = self._came.total()
        if not came:
            return [_counted(self._verdicts)]
        lines = [
            f"{name}: {count} came, {self._let_in[name]} let in ({_counted(self._of_callers.get(name, {}))})"
            for name, count in self._came.items()
        ]
        lines.append(f"{came - self._mistakes} of {came} visits went as they should")
        return lines + self._mistakes_named

    def _close(self) -> None:
        if self._caller is None:
            return
        caller = self._caller
        self._came[caller.name] += 1
        self._let_in[caller.name] += self._was_let_in
        should_be = bool(caller.species & self._admit) and not caller.species & self._keep_in
        if self._was_let_in != should_be:
            self._mistakes += 1
            was = "let in" if self._was_let_in else "left outside"
            sentence = f"WRONG: {caller.name} was {was}, {caller.at:.0f} s after the beginning"
            self._mistakes_named = [*self._mistakes_named, sentence][:_MISTAKES_NAMED]


def _counted(verdicts: Mapping[Verdict, int]) -> str:
    """How often each verdict fell; that somebody was held back is only told where it happened."""
    counts = {verdict: verdicts.get(verdict, 0) for verdict in Verdict}
    return ", ".join(
        f"{n} {verdict.past}" for verdict, n in counts.items() if n or verdict is not Verdict.HOLD
    )
