"""The ``petdoor`` command: the only place that prints or exits."""

import click

from petdoor import __version__
from petdoor.cli.check import check
from petdoor.cli.classify import classify
from petdoor.cli.demo import demo
from petdoor.cli.lock import lock
from petdoor.cli.run import run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="petdoor")
def main() -> None:
    """A pet door that opens for dogs, and only for dogs.

    Watch it at work first (petdoor demo), try a photo (petdoor classify rex.jpg), look whether everything is
    in place (petdoor check), then let the door run (petdoor run).
    """


for command in (run, check, classify, demo, lock):
    main.add_command(command)
