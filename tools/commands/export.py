"""``tools export``: a network with its 1000 ImageNet classes, as a file for the door."""

from pathlib import Path

import click

from tools.commands.common import faults_end_here, loading_tensorflow, network_options
from tools.memory import spare_memory
from tools.networks.backbones import BACKBONES


@click.command(short_help="The ImageNet model for the door.")
@network_options
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="A folder of photos that show what activations are like.  [default: drawn patterns]",
)
@click.option("--output", type=click.Path(path_type=Path), default="door.tflite", show_default=True)
def export(
    *,
    backbone: str,
    size: int | None,
    alpha: float | None,
    weights: Path | None,
    calibration: Path | None,
    output: Path,
) -> None:
    """Make the ImageNet model: full integer, RGB bytes in, logits out, labels and ranges packed in.

    The file is opened and run with the door's own classifier before it replaces --output.
    """
    spare_memory()
    with faults_end_here(), loading_tensorflow():
        from tools.console import RichTeller
        from tools.conversion.export import export as make
    with faults_end_here():
        row = BACKBONES[backbone].chosen(size=size, alpha=alpha)
        make(backbone, row, weights, calibration, output, teller=RichTeller())
