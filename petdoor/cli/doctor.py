"""``petdoor doctor``: what is wrong, and what to do about it?"""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from petdoor import __version__, options
from petdoor.cli.common import faults_end_here, finding_line
from petdoor.errors import ConfigError, PictureError
from petdoor.health.doctor import Doctor
from petdoor.health.finding import Finding, Level
from petdoor.health.machine import Machine
from petdoor.pictures import Picture, encode_jpeg
from petdoor.settings import Settings


@click.command()
@options.config_option
@options.source_option
@options.model_option
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the test picture in this .jpg: what the door sees, turned and cut as the settings say.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def doctor(
    config_path: Path | None,
    source: str | None,
    model_path: Path | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Examine the machine, the service, and every part of the door; say what to do about what is wrong.

    The bolt is locked, never moved otherwise: petdoor test-latch does that. A door that runs is not
    disturbed, and without settings the defaults are looked at.

    \b
    ok    it is well
    note  it works, but you should know
    FAIL  it does not work
    -     there is nothing to look at here

    Exit status: 0 nothing fails, 1 something does, 78 the settings hold faults.
    """
    with faults_end_here():
        settings, first = _settings(config_path, source, model_path)
        keep = _keeper(picture) if picture else None
        findings = [first]
        show: Callable[[Finding], None] = (lambda _: None) if as_json else _show
        show(first)
        for finding in Doctor(settings, os.environ, Machine(), keep).examine():
            findings.append(finding)
            show(finding)
        if as_json:
            click.echo(json.dumps(_report(findings), indent=2))
        else:
            click.echo(_summary(findings))
        sys.exit(_status(settings, findings))


def _settings(
    config_path: Path | None, source: str | None, model_path: Path | None
) -> tuple[Settings | None, Finding]:
    """The settings, and what is to be said of them; none when they hold faults."""
    try:
        given = options.settings_if_any(config_path)
        settings = options.overridden(given, source=source, model=model_path)
        path = options.config_path(config_path) if options.is_anywhere(config_path) else None
    except ConfigError as error:
        advice = "mend them; the parts of the door are not looked at until then"
        return None, Finding("config", Level.FAIL, str(error), advice)
    if path is None:
        advice = "sudo petdoor install-service puts one into /etc/petdoor"
        return settings, Finding("config", Level.NOTE, "no config.yaml: the defaults are looked at", advice)
    return settings, Finding("config", Level.OK, f"{path}: every key and value is allowed")


def _keeper(path: Path) -> Callable[[Picture], None]:
    def keep(picture: Picture) -> None:
        try:
            path.write_bytes(encode_jpeg(picture, quality=90))
        except OSError as error:
            raise PictureError(f"--picture: cannot write {path}: {error.strerror}") from error

    return keep


def _show(finding: Finding) -> None:
    click.echo(finding_line(finding))


def _summary(findings: list[Finding]) -> str:
    failed = ", ".join(finding.part for finding in _failed(findings))
    return f"to mend: {failed}" if failed else "nothing to mend"


def _report(findings: list[Finding]) -> dict[str, object]:
    return {
        "version": __version__,
        "healthy": not _failed(findings),
        "findings": [asdict(finding) for finding in findings],
    }


def _failed(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level is Level.FAIL]


def _status(settings: Settings | None, findings: list[Finding]) -> int:
    if settings is None:
        return os.EX_CONFIG
    return 1 if _failed(findings) else 0
