"""The ``petdoor`` command: the only place that prints or exits."""

import click

from petdoor import __version__
from petdoor.cli.check import check
from petdoor.cli.classify import classify
from petdoor.cli.dashboard import dashboard
from petdoor.cli.demo import demo
from petdoor.cli.doctor import doctor
from petdoor.cli.lock import lock
from petdoor.cli.monitor import monitor
from petdoor.cli.run import run
from petdoor.cli.service import install_service, uninstall_service
from petdoor.cli.test_latch import test_latch


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="petdoor")
def main() -> None:
    """A pet door that opens for dogs, and only for dogs.

    Watch it at work first (petdoor demo), try a photo (petdoor classify rex.jpg), find what is missing
    (petdoor doctor), see the bolt move (petdoor test-latch), let the door run (petdoor run) and watch it from
    anywhere (petdoor monitor).
    """


for command in (
    *(run, monitor, dashboard, check, doctor, classify, demo, test_latch, lock),
    *(install_service, uninstall_service),
):
    main.add_command(command)
