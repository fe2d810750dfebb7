"""What the commands share: how they end."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag
from typing import Final

import click

from petdoor.errors import ConfigError, PetDoorError, UnmetError
from petdoor.health.finding import Finding, Level

log = logging.getLogger(__name__)

_STOPS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_MARKS: Final = {Level.OK: "ok", Level.NOTE: "note", Level.FAIL: "FAIL", Level.SKIP: "-"}


def stop_on_signals() -> Flag:
    """A flag that SIGTERM, Ctrl-C and a closed terminal set; the handlers do nothing else."""
    stop = Flag()
    for number in _STOPS:
        signal.signal(number, lambda *_: stop.set())
    return stop


@contextmanager
def stopping_on_signals() -> Iterator[Flag]:
    """The same for a while; then the signals mean what they meant before."""
    before = {number: signal.getsignal(number) for number in _STOPS}
    try:
        yield stop_on_signals()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def renew_on_hangup() -> Flag:
    """A flag that SIGHUP sets; but from a terminal it says that this was closed, and petdoor is to end."""
    asked = Flag()
    if not sys.stdin.isatty():
        signal.signal(signal.SIGHUP, lambda *_: asked.set())
    return asked


def _complain(sentence: str) -> None:
    click.echo(f"petdoor: {sentence}", err=True)


@contextmanager
def faults_end_here(say: Callable[[str], None] = _complain) -> Iterator[None]:
    """Known faults are one sentence and an exit status; unknown ones keep their traceback."""
    try:
        yield
    except (click.ClickException, click.Abort):
        raise  # click says these itself
    except (PetDoorError, OSError) as error:
        say(str(error))
        sys.exit(_status(error))
    except Exception:
        log.exception("petdoor met something unforeseen")
        sys.exit(1)


def _status(error: Exception) -> int:
    """78 keeps the service from being tried again: for what only an owner with an editor can mend."""
    is_for_good = isinstance(error, ConfigError) and not isinstance(error, UnmetError)
    return os.EX_CONFIG if is_for_good else 1


def finding_line(finding: Finding) -> str:
    """What was found, as a line for people; what to do about it stands below."""
    line = f"{_MARKS[finding.level]:5} {finding.part:14} {finding.detail}"
    return f"{line}\n{'':21}-> {finding.advice}" if finding.advice else line
