"""``petdoor monitor``: what do the doors do?"""

import os
import re
import select
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from typing import Any, Final

import click

import petdoor.telling
from petdoor import options
from petdoor.broker import Broker
from petdoor.cli.common import faults_end_here, stop_on_signals
from petdoor.errors import BrokerError, ConfigError
from petdoor.monitor import plain
from petdoor.monitor.link import Link, Message, Settled
from petdoor.monitor.reading import Reader
from petdoor.monitor.seen import Seen, after
from petdoor.monitor.watched import House
from petdoor.settings.telling import MqttSettings, TlsSettings

_TURN_SECONDS: Final = 0.25
"""How often the view is drawn at most, and how soon a signal or a closed pipe is noticed at the latest."""
_AGES_SECONDS: Final = 1.0
_QUIET_SECONDS: Final = 0.2


def _base(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"[^/+#\0]+(/[^/+#\0]+)*", value):
        raise click.BadParameter("a topic such as petdoor or home/petdoor, without + and #")
    return value


def _door(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch("[a-zA-Z0-9_-]+", value):
        raise click.BadParameter("an id as in the door's settings: letters, digits, - and _")
    return value


@click.command()
@options.config_option
@click.option("--host", help="The broker's name or address, instead of mqtt.host.")
@click.option("--port", type=click.IntRange(1, 65535), help="Instead of mqtt.port.  [default: 1883]")
@click.option("--username", help="Instead of mqtt.username.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path),
    help="Instead of mqtt.password_file: a file that holds the password. PETDOOR_MQTT_PASSWORD works, too.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path),
    help="Instead of mqtt.tls.ca_file: who vouches for an encrypted broker.",
)
@click.option(
    "--base", callback=_base, help="Below this topic the doors tell.  [default: the settings', else petdoor]"
)
@click.option("--door", callback=_door, help="Only the door of this id.  [default: all doors]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line for each message.")
@click.option("--once", is_flag=True, help="Print how the doors are now, and end.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0.1, 3600),
    default=5.0,
    show_default=True,
    help="With --once: how many seconds to try to reach the broker.",
)
def monitor(  # noqa: PLR0917 -- click hands all over by name
    config_path: Path | None,
    host: str | None,
    port: int | None,
    username: str | None,
    password_file: Path | None,
    ca_file: Path | None,
    base: str | None,
    door: str | None,
    as_json: bool,
    once: bool,
    timeout_seconds: float,
) -> None:
    """Watch what the doors do, live, from anywhere that reaches the broker; nothing is sent to them.

    Bolt, mode, problems and the last decisions of each door stand on a panel of their own, until Ctrl-C.
    Into a file or a pipe go plain lines instead, one for each event. The broker is that of the settings,
    or the one that --host names; then no settings are needed. While it is away it is tried again.

    \b
      petdoor monitor
      petdoor monitor --host broker.local --username me --password-file word.txt
      petdoor monitor --json | jq 'select(.topic == "event") | .value.event_type'
      petdoor monitor --once --door back || echo "the back door is offline"

    A line of --json holds ts (when it came, UTC), door, topic (below the door's), value (JSON where it is
    JSON, else text; a picture is {"bytes": n}) and retained (whether the broker had kept it). With --once
    it is one object: what each door has told so far.

    Exit status: 0 ended by Ctrl-C, SIGTERM or a closed pipe, 1 the broker refuses us, or with --once: it
    is not reached in time, or no door is online; 78 the settings hold faults.
    """
    given = {"host": host, "port": port, "username": username, "password_file": password_file}
    with faults_end_here(), _ends_with_its_pipe():
        known = {name: value for name, value in given.items() if value is not None}
        mqtt = _mqtt(config_path, known, ca_file)
        topic = base or mqtt.base_topic
        broker, stop = petdoor.telling.broker(mqtt, os.environ), stop_on_signals()
        with closing(Reader(broker, base=topic, door=door or "+")) as reader:
            watch = _Watch(reader, broker, topic, stop)
            if once:
                sys.exit(watch.once(timeout_seconds, as_json=as_json))
            watch.follow(as_json=as_json)


def _mqtt(config_path: Path | None, given: dict[str, Any], ca_file: Path | None) -> MqttSettings:
    """The settings' broker with what the command line says instead.

    Raises:
        ConfigError: the settings hold faults, or nobody names a broker.
    """
    is_asked_for = config_path is not None or "host" not in given
    section = options.settings_if_any(config_path).mqtt if is_asked_for else None
    values = dict(section) if section else {}
    values |= given
    if ca_file:
        values["tls"] = (values.get("tls") or TlsSettings()).model_copy(update={"ca_file": ca_file})
    if "host" not in values:
        raise ConfigError("no broker is named: use --host, or settings with an mqtt section (--config)")
    try:
        return MqttSettings.model_validate(values)
    except ValueError as error:  # the options are checked, but for this
        raise ConfigError(f"--host {values['host']!r}: no host can have this name") from error


@contextmanager
def _ends_with_its_pipe() -> Iterator[None]:
    """Whoever reads what we print may go at any time: that is an end, and no fault."""
    try:
        yield
    except BrokenPipeError:
        # Python flushes once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


class _Watch:
    """What one call of the command shows, and how."""

    def __init__(self, reader: Reader, broker: Broker, base: str, stop: Flag) -> None:
        self._reader = reader
        self._broker = broker
        self._stop = stop
        self._base = base
        self._seen = Seen(House(base), Link(is_up=False, since=time.monotonic()))
        self._is_loss_told = False

    def follow(self, *, as_json: bool) -> None:
        """Show what comes until the end."""
        if as_json:
            self._as_json()
        elif sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb":
            self._live()
        else:
            self._as_lines()

    def once(self, timeout_seconds: float, *, as_json: bool) -> int:
        """Show how the doors are now; the exit status.

        Raises:
            BrokerError: the broker is not reached in time, or says nothing.
        """
        self._settle(timeout_seconds)
        house, link = self._seen.house, self._seen.link
        if as_json:
            click.echo(plain.state(house))
        elif sys.stdout.isatty():
            from petdoor.monitor.screen import show_once

            show_once(house, link, now=time.monotonic(), today=datetime.now().astimezone())
        else:
            for door in house:
                click.echo(plain.state_line(door))
        if any(door.is_online for door in house):
            return 0
        click.echo("petdoor: no door is online", err=True)
        return 1

    def _settle(self, timeout_seconds: float) -> None:
        """Listen until the broker has told all that it kept, and nothing more comes for a moment."""
        until = time.monotonic() + timeout_seconds
        while (news := self._reader.next(_QUIET_SECONDS)) or not self._seen.is_settled:
            self._seen = after(self._seen, news) if news else self._seen
            if self._stop.is_set():
                sys.exit(1)
            if time.monotonic() > until and not self._seen.is_settled:
                link = self._seen.link
                reason = "it lets us in, but tells nothing" if link.is_up else link.reason or "no answer"
                raise BrokerError(f"{self._broker!r} is not reached within {timeout_seconds:g} s: {reason}")

    def _as_json(self) -> None:
        for news in self._news():
            if isinstance(news, Message):
                click.echo(plain.json_line(news, self._base))

    def _as_lines(self) -> None:
        for news in self._news():
            before, self._seen = self._seen, after(self._seen, news)
            if isinstance(news, Settled) and not before.is_settled:
                for door in self._seen.house:
                    click.echo(plain.state_line(door))
            elif before.is_settled:  # what the broker kept from before us is no news
                for line in plain.news(before.house, self._seen.house, datetime.now().astimezone()):
                    click.echo(line)

    def _live(self) -> None:
        from petdoor.monitor.screen import Screen

        title = f"{self._broker!r}  {self._base}/"
        with Screen(title=title) as screen:
            shown, drawn_at = None, float("-inf")
            while not self._stop.is_set():
                now = time.monotonic()
                if now - drawn_at >= (_AGES_SECONDS if shown is self._seen else _TURN_SECONDS):
                    screen.show(self._seen.house, self._seen.link, now=now, today=datetime.now().astimezone())
                    shown, drawn_at = self._seen, now
                if news := self._reader.next(
                    _TURN_SECONDS if shown is self._seen else drawn_at + _TURN_SECONDS - now
                ):
                    self._seen = after(self._seen, news)

    def _news(self) -> Iterator[Message | Link | Settled]:
        """What comes, until a signal or the end of whoever reads it; a loss of the broker is said aside."""
        while not self._stop.is_set() and not _is_deserted():
            news = self._reader.next(_TURN_SECONDS)
            if isinstance(news, Link):
                self._tell(news)
            if news:
                yield news

    def _tell(self, link: Link) -> None:
        if link.is_up and self._is_loss_told:
            click.echo("petdoor: the broker is back", err=True)
        if not link.is_up and not self._is_loss_told:
            click.echo(f"petdoor: {link.words(time.monotonic())}", err=True)
        self._is_loss_told = not link.is_up


def _is_deserted() -> bool:
    """Whether whoever read our pipe is gone: else only the next line would tell, a minute from now."""
    watcher = select.poll()
    watcher.register(sys.stdout, 0)
    return bool(watcher.poll(0))
