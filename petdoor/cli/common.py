"""What the commands share: how they end."""

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Flag

import click

from petdoor.errors import ConfigError, PetDoorError

log = logging.getLogger(__name__)


def stop_on_signals() -> Flag:
    """A flag that SIGTERM, Ctrl-C and a closed terminal set; the handlers do nothing else."""
    stop = Flag()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


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
    except ConfigError as error:
        say(str(error))
        sys.exit(os.EX_CONFIG)
    except (PetDoorError, OSError) as error:
        say(str(error))
        sys.exit(1)
    except Exception:
        log.exception("petdoor met something unforeseen")
        sys.exit(1)
