"""``petdoor install-service`` and ``petdoor uninstall-service``: the door on the machine it is for."""

import os
import sys
import sysconfig
from pathlib import Path

import click

import petdoor
from petdoor.cli.common import faults_end_here
from petdoor.deploy import plan, steps
from petdoor.errors import DeployError

_root_option = click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default="/",
    show_default=True,
    help="The folder / of another machine, such as a mounted SD card, with petdoor in its /opt/petdoor.",
)
_dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")


@click.command("install-service")
@_root_option
@_dry_run_option
@click.option(
    "--hardware-watchdog",
    is_flag=True,
    help="Let the Pi's own watchdog restart the machine when the kernel hangs; from the next start on.",
)
def install_service(root: Path, *, dry_run: bool, hardware_watchdog: bool) -> None:
    """Put petdoor's service on this machine: user, rules, unit, and settings to start from.

    Doing it twice does no harm: settings and password that are there already stay as they are. The door is
    not started.

    \b
    /etc/petdoor/config.yaml               the settings, yours
    /etc/petdoor/mqtt-password             the broker's password, yours; empty for none
    /etc/systemd/system/petdoor.service    the unit
    /etc/sysusers.d/petdoor.conf           the user petdoor, in the groups gpio and video
    /etc/udev/rules.d/60-petdoor.rules     who may use pins and cameras
    """
    with faults_end_here():
        _must_be_root(root, dry_run=dry_run)
        executable = _executable() if root == Path("/") else Path(plan.UNIT_EXECUTABLE)
        site = steps.Site(root.resolve(), click.echo, dry_run=dry_run)
        steps.install(site, plan.files(executable, hardware_watchdog=hardware_watchdog))
        click.echo(_next_here(executable) if root == Path("/") else _next_there(root))


@click.command("uninstall-service")
@_root_option
@_dry_run_option
@click.option("--purge", is_flag=True, help="Also settings, password, kept pictures and the user petdoor.")
def uninstall_service(root: Path, *, dry_run: bool, purge: bool) -> None:
    """Stop the door, locked, and take its service away; settings and pictures stay, unless --purge."""
    with faults_end_here():
        _must_be_root(root, dry_run=dry_run)
        site = steps.Site(root.resolve(), click.echo, dry_run=dry_run)
        steps.uninstall(site, plan.files(Path("petdoor"), hardware_watchdog=True), purge=purge)
        if not purge:
            click.echo("kept       /etc/petdoor, /var/lib/petdoor and the user petdoor; --purge removes them")


def _next_here(executable: Path) -> str:
    return (
        "\nnext: sudo nano /etc/petdoor/config.yaml\n"
        f"      sudo -u petdoor {executable} doctor --config /etc/petdoor/config.yaml\n"
        "      sudo systemctl enable --now petdoor    (restart petdoor, if it runs already)"
    )


def _next_there(root: Path) -> str:
    return (
        f"\nnext: sudo nano {root / 'etc/petdoor/config.yaml'}\n"
        f"      sudo systemctl --root={root} enable petdoor    (started with that machine)\n"
        f"      and there: sudo -u petdoor {plan.UNIT_EXECUTABLE} doctor"
    )


def _must_be_root(root: Path, *, dry_run: bool) -> None:
    if root == Path("/") and os.geteuid() != 0 and not dry_run:
        raise DeployError(f"only root may do this: sudo {_script()} {sys.argv[1]}")


def _executable() -> Path:
    """This petdoor, where the service can see it.

    Raises:
        DeployError: it is where the service cannot.
    """
    script = _script()
    parts = [script, Path(petdoor.__file__), Path(sys.base_prefix)]
    unseen = plan.hidden([path.resolve() for path in parts])
    if unseen:
        raise DeployError(
            f"the service may not look into {unseen[0]}: install petdoor where it can, as in\n"
            "  sudo python3 -m venv --system-site-packages /opt/petdoor\n"
            "  sudo /opt/petdoor/bin/pip install .\n"
            "  sudo /opt/petdoor/bin/petdoor install-service\n"
            "(with a Python that is not in a home folder either)"
        )
    return script


def _script() -> Path:
    return Path(sysconfig.get_path("scripts")) / "petdoor"
