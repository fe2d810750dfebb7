"""``tools distil``: a network of one's own learns to see from another."""

import sys
from pathlib import Path

import click

from tools.commands.common import faults_end_here, loading_tensorflow
from tools.lesson import PRECISIONS
from tools.networks.backbones import BACKBONES


@click.command(no_args_is_help=True, short_help="A network of your own learns to see from another.")
@click.option(
    "--photos",
    required=True,
    multiple=True,
    metavar="FOLDER_OR_GLOB",
    help="Photos to look at, with subfolders; labels are not asked for. May be repeated.",
)
@click.option(
    "--teacher",
    type=click.Choice([name for name, row in BACKBONES.items() if row.is_pretrained]),
    default="mobilenetv2",
    show_default=True,
    help="The network to learn from.",
)
@click.option(
    "--weights",
    type=click.Path(path_type=Path),
    help="A Keras weights file of the teacher, with its classes.  [default: Keras's own download]",
)
@click.option(
    "--backbone",
    type=click.Choice(list(BACKBONES)),
    default="petnet",
    show_default=True,
    help="The network that learns, from nothing.",
)
@click.option(
    "--size",
    type=click.IntRange(28, 1024),
    help="Height and width of its input in pixels.  [default: the network's own]",
)
@click.option(
    "--epochs", default=60, show_default=True, type=click.IntRange(1), help="Passes over the photos."
)
@click.option("--batch", default=32, show_default=True, type=click.IntRange(1))
@click.option("--learning-rate", default=0.0015, show_default=True, type=click.FloatRange(0, min_open=True))
@click.option(
    "--weight-decay",
    default=0.05,
    show_default=True,
    type=click.FloatRange(0),
    help="How strongly weights are held small.",
)
@click.option(
    "--views",
    default=6,
    show_default=True,
    type=click.IntRange(1),
    help="How many crops of each photo the teacher looks at, before the lesson.",
)
@click.option(
    "--precision",
    type=click.Choice(PRECISIONS),
    default="float32",
    show_default=True,
    help="bfloat16 is quicker on processors that have it (amx_bf16 in /proc/cpuinfo).",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default="petnet.weights.h5",
    show_default=True,
    help="The weights of the network that learnt; the name ends in .weights.h5.",
)
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Where a run that was stopped is gone on from.  [default: OUTPUT.training]",
)
def distil(**told: object) -> None:
    """Teach a network of one's own what another one sees; the photos need no labels.

    First the teacher looks at --views crops of each photo; then the pupil learns, for many epochs, to find
    the same in the same crops: the teacher's 1000 class probabilities, and its features. What a large
    network makes of a photo tells more than a label does, so a few thousand photos of whatever may come
    to the door go a long way. It takes hours. A run that was stopped goes on where it was when the same
    command is given again.

    Build a door on the result with --weights:

    \b
      python -m tools distil --photos photos --photos more --output petnet.weights.h5
      python -m tools train --data photos --backbone petnet --weights petnet.weights.h5
      python -m tools export --backbone petnet --weights petnet.weights.h5 --calibration photos
    """
    from tools.commands.jobs import lesson_of
    from tools.console import RichTeller

    teller = RichTeller()
    with faults_end_here():
        lesson = lesson_of(told)
        lesson.check()
        with loading_tensorflow():
            from tools.memory import peak_in_words
            from tools.training.distil import distil as run
            from tools.training.workfolder import remove
        try:
            run(lesson, teller)
        except KeyboardInterrupt:
            teller.say(f"stopped; the same command goes on from {lesson.folder}")
            sys.exit(130)
        remove(lesson.folder)
        teller.say(peak_in_words())
