"""The ``petdoor`` command: the only place that prints or exits."""

from importlib import import_module
from typing import Final

import click

from petdoor import __version__

_MODULES: Final = {
    **{name: name for name in ("run", "monitor", "dashboard", "check", "doctor", "classify", "demo", "lock")},
    "test-latch": "test_latch",
    "install-service": "service",
    "uninstall-service": "service",
}
"""Where each command is, below ``petdoor.cli``."""


class _Commands(click.Group):
    """Imports a command when it is asked for.

    What locks a killed door neither waits for a library of camera, model or broker, nor fails where one is
    broken.
    """

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if super().get_command(ctx, cmd_name) is None:
            return None
        module = import_module(f"petdoor.cli.{_MODULES[cmd_name]}")
        command: click.Command = getattr(module, cmd_name.replace("-", "_"))
        return command


@click.group(
    cls=_Commands,
    commands=[click.Command(name) for name in _MODULES],  # click proposes these for a misspelt one
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="petdoor")
def main() -> None:
    """A pet door that opens for dogs, and only for dogs.

    Watch it at work first (petdoor demo), try a photo (petdoor classify rex.jpg), find what is missing
    (petdoor doctor), see the bolt move (petdoor test-latch), let the door run (petdoor run) and watch it from
    anywhere (petdoor monitor).
    """
