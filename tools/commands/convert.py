"""``tools convert``: a Keras model of one's own, for the door."""

from pathlib import Path

import click

from tools.commands.common import data_options, faults_end_here, loading_tensorflow, result_options
from tools.memory import spare_memory


@click.command(no_args_is_help=True, short_help="A Keras model of your own for the door.")
@click.argument("model", type=click.Path(path_type=Path))
@data_options
@click.option(
    "--input-range",
    type=(float, float),
    default=(0, 255),
    show_default=True,
    help="What black and white are to the model; 0..255 is brought there inside the graph.",
)
@click.option(
    "--labels",
    type=click.Path(path_type=Path),
    help="Class names in the order of the outputs, one a line.  [default: the data's classes]",
)
@result_options
def convert(**told: object) -> None:
    """Make a full-integer model for the door from a Keras MODEL (.keras or .h5).

    The camera's bytes become its input: give --input-range when its own preprocessing is not in its
    layers. A softmax at its end is taken off; the door takes it itself, in float. Half of the photos of
    --data calibrate, an all-black and an all-white one join them; on the other half float and integer
    are compared, and the threshold is chosen.

    \b
      python -m tools convert mine.keras --data photos --input-range -1 1 --output door.tflite
    """
    from tools.commands.jobs import conversion_of
    from tools.console import RichTeller

    with faults_end_here():
        teller = RichTeller()
        job = conversion_of(told, teller)
        spare_memory()
        with loading_tensorflow():
            from tools.conversion.convert import convert as make
        make(job, teller)
