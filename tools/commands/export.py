"""``tools export``: the ImageNet model as it is."""

from pathlib import Path

import click

from tools.commands.common import faults_end_here, loading_tensorflow

_BACKBONES = ("mobilenetv2",)


@click.command()
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
    with loading_tensorflow():
        from tools.export import export as make
    with faults_end_here():
        make(backbone, weights, calibration, output, say=click.echo)
