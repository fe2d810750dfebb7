"""``tools train``: a model of one's own."""

import sys
from pathlib import Path
from typing import cast

import click

from tools.commands.common import (
    data_options,
    faults_end_here,
    loading_tensorflow,
    network_options,
    result_options,
)
from tools.plan import DISTRIBUTIONS, OPTIMISERS, SCHEDULES, STRATEGIES


@click.command(short_help="A model from your own photos.")
@data_options
@network_options
@click.option("--strategy", type=click.Choice(STRATEGIES), default="fine-tune", show_default=True)
@click.option(
    "--layers",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="How many of the last layers fine-tuning lets learn.",
)
@click.option("--include-top", is_flag=True, help="Keep the network's own dense layers (VGG16: two of 4096).")
@click.option(
    "--hidden",
    default=0,
    show_default=True,
    type=click.IntRange(0, 8192),
    help="Neurons between the features and the classes.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="Passes over the photos.  [default: 15 for fine-tune, 20 for head, 30 for scratch]",
)
@click.option("--head-epochs", default=20, show_default=True, type=click.IntRange(1))
@click.option(
    "--learning-rate",
    type=click.FloatRange(0, min_open=True),
    help="[default: 0.0003 for fine-tune, else 0.001]",
)
@click.option("--optimiser", type=click.Choice(OPTIMISERS), default="adamw", show_default=True)
@click.option("--schedule", type=click.Choice(SCHEDULES), default="cosine", show_default=True)
@click.option("--batch", default=32, show_default=True, type=click.IntRange(1))
@click.option(
    "--patience",
    default=8,
    show_default=True,
    type=click.IntRange(1),
    help="Epochs without improvement on validation after which to stop.",
)
@click.option("--dropout", default=0.2, show_default=True, type=click.FloatRange(0, 1, max_open=True))
@click.option("--label-smoothing", default=0.0, show_default=True, type=click.FloatRange(0, 1, max_open=True))
@click.option(
    "--views",
    default=12,
    show_default=True,
    type=click.IntRange(1),
    help="In how many ways each photo is looked at: near, far, turned, dim, blurred, grey.",
)
@click.option(
    "--balance/--no-balance",
    default=True,
    show_default=True,
    help="Let each class count the same, however many photos it has.",
)
@click.option("--split", default="80/10/10", show_default=True, help="Shares of training, validation, test.")
@result_options
@click.option(
    "--distribute",
    type=click.Choice(DISTRIBUTIONS),
    default="none",
    show_default=True,
    help="Over several devices, or several machines told by TF_CONFIG.",
)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--test", help="Judge the model on these labelled photos, not on a share of --data.")
@click.option("--report", type=click.Path(path_type=Path), help="Write report.html and report.json there.")
@click.option(
    "--work",
    type=click.Path(path_type=Path),
    help="Where a run that was stopped is gone on from.  [default: OUTPUT.training]",
)
def train(**told: object) -> None:
    """Make a model from photos of one's own, and say how well it judges.

    \b
      head       learn the classes only, on a network that stays as it is: minutes
      fine-tune  then let its last --layers learn as well: the best for a door
      scratch    learn everything from nothing: needs many photos and hours

    The photos are split by content, so that the same ones are always kept for validation and test. The
    best epoch on validation is kept, made full integer, and its threshold chosen there. A run that was
    stopped goes on where it was when the same command is given again.

    \b
      python -m tools train --data photos --output door.tflite --report report
      python -m tools train --data train --csv labels.csv --strategy head --species 'dog=*'
    """
    from tools.commands.jobs import job_of
    from tools.console import RichTeller

    teller, folder = RichTeller(), cast("Path | None", told["report"])
    with faults_end_here():
        job = job_of(told, teller)
        job.check()
        if folder:
            from tools.judging.report import make_sure_of

            make_sure_of(folder)
        with loading_tensorflow():
            from tools.memory import peak_in_words
            from tools.training.train import report, work_folder
            from tools.training.train import train as run
            from tools.training.workfolder import remove
        try:
            trained = run(job, teller)
        except KeyboardInterrupt:
            teller.say(f"stopped; the same command goes on from {job.folder}")
            sys.exit(130)
        if trained and folder:
            teller.say(f"report: {report(job, trained, folder, teller)}")
        remove(work_folder(job))
        teller.say(peak_in_words())
