"""``tools bench``: how fast the door is on this machine."""

from pathlib import Path

import click

from petdoor.modelfile import SHIPPED
from tools.commands.common import faults_end_here


@click.command(short_help="How fast and how big the door is here.")
@click.option(
    "--model", type=click.Path(path_type=Path), default=SHIPPED, help="[default: the model that ships]"
)
@click.option("--runs", default=300, show_default=True, type=click.IntRange(10, 100_000))
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 64))
def bench(model: Path, runs: int, threads: int) -> None:
    """Measure the door on this machine: bare inference, whole pass, memory, start-up."""
    from tools.bench import bench as measure

    with faults_end_here():
        measure(model, runs=runs, threads=threads, say=click.echo)
