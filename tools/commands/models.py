"""``tools models``: which networks there are."""

import click

from tools.commands.common import faults_end_here, loading_tensorflow
from tools.networks.backbones import BACKBONES


@click.command(short_help="Which networks there are.")
@click.option("--summary", "name", type=click.Choice(list(BACKBONES)), help="Print this network's layers.")
@click.option("--size", type=click.IntRange(28, 1024), help="Its input in pixels.")
@click.option("--alpha", type=float, help="Its width, where there is one.")
@click.option("--classes", type=click.IntRange(2), default=1000, show_default=True)
@click.option(
    "--include-top",
    is_flag=True,
    help="Count a network's own dense layers below the classes too (VGG16: two of 4096).",
)
def models(name: str | None, size: int | None, alpha: float | None, classes: int, include_top: bool) -> None:
    """List the networks a door can be built on: parameters, input, preprocessing, use.

    Preprocessing is part of each network's graph: the camera's bytes go in as they are.
    """
    if name is None and (size is not None or alpha is not None):
        raise click.UsageError("--size and --alpha go with --summary, which says of which network")
    with faults_end_here(), loading_tensorflow():
        from tools.console import RichTeller
        from tools.networks.listing import listed, summary
    with faults_end_here():
        if name is None:
            click.echo(listed(classes))
        else:
            row = BACKBONES[name].chosen(size=size, alpha=alpha)
            summary(row, classes, include_top=include_top, teller=RichTeller())
