"""Log lines for people, and for journald."""

import logging
from collections.abc import Mapping
from typing import Final, TextIO

_PRIORITIES: Final = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""syslog's priorities, which journald reads from ``<6>`` in front of a line: see sd-daemon(3)."""

_MANY_SENTENCES: Final = 100


class JournalFormatter(logging.Formatter):
    """Every line with its priority in front; the journal has the time already."""

    def format(self, record: logging.LogRecord) -> str:
        prefix = f"<{_PRIORITIES.get(record.levelno, 6)}>"
        return "\n".join(prefix + line for line in super().format(record).splitlines())


def configure(level: str, stream: TextIO, environ: Mapping[str, str]) -> None:
    """Send all log records from ``level`` on to ``stream``; journald is known by its variable."""
    if "JOURNAL_STREAM" in environ:
        formatter: logging.Formatter = JournalFormatter("%(message)s")
    else:
        formatter = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def complain(log: logging.Logger, sentence: str, *, before: str) -> str:
    """Log what is wrong, once until it is over and not at every try; return it, as the fault there is now.

    Args:
        log: where to.
        sentence: what is wrong.
        before: the fault there was until now; empty for none.
    """
    log.log(logging.DEBUG if before else logging.WARNING, "%s", sentence)
    return sentence


def rejoice(log: logging.Logger, sentence: str, *, before: str) -> str:
    """Log that the fault there was is over, if there was one; return that there is none."""
    if before:
        log.info("%s", sentence)
    return ""


class Once:
    """Says each sentence once, until it is cleared; again only to who debugs.

    Args:
        log: where to.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: set[str] = set()

    def say(self, sentence: str) -> None:
        """Say it, unless it was said, or far too much was."""
        if len(self._said) >= _MANY_SENTENCES:
            return
        self._log.log(logging.DEBUG if sentence in self._said else logging.WARNING, "%s", sentence)
        self._said.add(sentence)

    def clear(self) -> None:
        """What is said from now on is news."""
        self._said.clear()
