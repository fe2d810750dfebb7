"""What the commands share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from petdoor.errors import PetDoorError
from tools.quiet import quiet


@contextmanager
def faults_end_here() -> Iterator[None]:
    """Known faults are one sentence and exit status 1; Ctrl-C is 130."""
    try:
        yield
    except (PetDoorError, OSError) as error:
        click.echo(f"tools: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("tools: stopped", err=True)
        sys.exit(130)


@contextmanager
def loading_tensorflow() -> Iterator[None]:
    """TensorFlow is loaded within, in silence, and its absence explained."""
    try:
        with quiet():
            yield
    except ImportError as error:
        raise click.ClickException(f"{error}: pip install 'petdoor[host]'") from error
