"""What the commands share."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from petdoor.errors import ConfigError, PetDoorError
from tools.console import printable
from tools.networks.backbones import BACKBONES
from tools.quiet import quiet

Command = Callable[..., Any]


def network_options(command: Command) -> Command:
    """Which network, and with which weights."""
    for option in (
        click.option(
            "--weights",
            type=click.Path(path_type=Path),
            help="A Keras weights file (.weights.h5, .h5, .keras), or 'random' to try things out.  "
            "[default: Keras's own download]",
        ),
        click.option("--alpha", type=float, help="Width of MobileNetV2, 0.35 to 1.4.  [default: 1]"),
        click.option(
            "--size",
            type=click.IntRange(28, 1024),
            help="Height and width of its input in pixels.  [default: the network's own]",
        ),
        click.option(
            "--backbone", type=click.Choice(list(BACKBONES)), default="mobilenetv2", show_default=True
        ),
    ):
        command = option(command)
    return command


def label_options(command: Command) -> Command:
    """Where the labels of a data set come from, and which species they are: csv, label_column, species."""
    for option in (
        click.option(
            "--species",
            multiple=True,
            metavar="NAME=CLASS,...",
            help="Which classes are which species, as in dog=rex,bella or 'dog=*'; may be repeated.  "
            "[default: by their names]",
        ),
        click.option("--label-column", help="The column of --csv that holds the labels."),
        click.option("--csv", type=click.Path(path_type=Path), help="A table of file names and labels."),
    ):
        command = option(command)
    return command


def data_options(command: Command) -> Command:
    """Which labelled photos a command works on: sources, and what ``label_options`` tells of them."""
    sources = click.option(
        "--data",
        "sources",
        required=True,
        multiple=True,
        help="Labelled photos: a folder with a folder a class, or of photos with --csv; "
        "keras:NAME or tfds:NAME. May be repeated: classes of the same name become one.",
    )
    return sources(label_options(command))


def result_options(command: Command) -> Command:
    """What a finished model must be: output, admit, false_accept and max_drop."""
    for option in (
        click.option("--output", type=click.Path(path_type=Path), default="door.tflite", show_default=True),
        click.option(
            "--max-drop",
            default=1.0,
            show_default=True,
            help="How many points of accuracy quantising may cost; above, nothing is written.",
        ),
        click.option(
            "--false-accept",
            default=0.01,
            show_default=True,
            type=click.FloatRange(0, 1),
            help="The share of strangers that may be let in; the threshold is chosen for it.",
        ),
        click.option("--admit", default="dog", show_default=True, metavar="NAME,...", help="Who may pass."),
    ):
        command = option(command)
    return command


def groups(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """``dog=rex,bella`` and so on, as the classes of each species.

    Raises:
        ConfigError: it is written otherwise.
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        species, _, classes = (part.strip() for part in text.partition("="))
        if not (species and names(classes)):
            raise ConfigError(f"--species {text}: write it as dog=rex,bella")
        found[species] = (*found.get(species, ()), *names(classes))
    return found


def names(listed: str) -> tuple[str, ...]:
    """Names between commas."""
    return tuple(name for name in map(str.strip, listed.split(",")) if name)


def aside(sentence: str) -> None:
    """Say it beside the results, so that these can be piped."""
    click.echo(printable(sentence), err=True)


@contextmanager
def faults_end_here() -> Iterator[None]:
    """Known faults are one sentence and exit status 1; Ctrl-C is 130."""
    try:
        yield
    except (PetDoorError, OSError) as error:
        click.echo(printable(f"tools: {error}"), err=True)
        sys.exit(1)
    except ImportError as error:
        click.echo(f"tools: {error}: pip install 'petdoor[host]'", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        click.echo("tools: stopped", err=True)
        sys.exit(130)


@contextmanager
def loading_tensorflow() -> Iterator[None]:
    """TensorFlow is loaded within, in silence, and its absence explained."""
    # What it warns of by way of Python is about its own inside, too.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    try:
        with quiet():
            yield
    except ImportError as error:
        raise click.ClickException(f"{error}: pip install 'petdoor[host]'") from error
