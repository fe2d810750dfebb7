"""``python -m tools COMMAND``: the host tools. Commands load TensorFlow only when they need it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from petdoor.errors import PetDoorError
from tools.quiet import quiet

_BACKBONES = ("mobilenetv2",)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make and measure models for the pet door, on a computer with some memory to spare."""
    # TensorFlow reports every CPU feature it finds unless told not to, and before it is loaded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@main.command()
@click.option("--backbone", type=click.Choice(_BACKBONES), default="mobilenetv2", show_default=True)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="Keras weights of the 1000-class network.  [default: Keras's own download]",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="A folder of photos that show what activations are like.  [default: drawn patterns]",
)
@click.option("--output", type=click.Path(path_type=Path), default="door.tflite", show_default=True)
def export(backbone: str, weights: Path | None, calibration: Path | None, output: Path) -> None:
    """Make the ImageNet model: full integer, RGB bytes in, logits out, labels and ranges packed in.

    The file is opened and run with the door's own classifier before it replaces --output.
    """
    try:
        with quiet():
            from tools.export import export as make
    except ImportError as error:
        raise click.ClickException(f"{error}: pip install 'petdoor[host]'") from error

    _told(lambda: make(backbone, weights, calibration, output, say=click.echo))


@main.command()
@click.option("--model", type=click.Path(path_type=Path), default="door.tflite", show_default=True)
@click.option("--runs", default=300, show_default=True, type=click.IntRange(10, 100_000))
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64))
def bench(model: Path, runs: int, threads: int) -> None:
    """Measure the door on this machine: bare inference, whole pass, memory, start-up."""
    from tools.bench import bench as measure

    _told(lambda: measure(model, runs=runs, threads=threads, say=click.echo))


def _told(work: Callable[[], None]) -> None:
    try:
        work()
    except (PetDoorError, OSError) as error:
        click.echo(f"tools: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main(prog_name="python -m tools")
