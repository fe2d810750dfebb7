"""``python -m tools COMMAND``: the host tools. Commands load TensorFlow only when they need it."""

import os

import click

from tools.commands.bench import bench
from tools.commands.bench_train import bench_train
from tools.commands.convert import convert
from tools.commands.data import data
from tools.commands.distil import distil
from tools.commands.draw import draw
from tools.commands.evaluate import evaluate
from tools.commands.export import export
from tools.commands.models import models
from tools.commands.train import train


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Make and measure models for the pet door, on a computer with some memory to spare."""
    # TensorFlow reports every CPU feature it finds unless told not to, and before it is loaded.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "OFF")  # what is wrong with a picture is told in words


for command in (data, draw, models, distil, train, evaluate, convert, export, bench, bench_train):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m tools")
