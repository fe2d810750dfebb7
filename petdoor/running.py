"""Runs the door, and runs it anew with other settings when asked."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event as Flag

from petdoor import gpio, parts
from petdoor.core.door import Door
from petdoor.core.events import Event, SettingsRefused
from petdoor.core.parts import Parts
from petdoor.core.steering import Steering
from petdoor.core.tally import Tally
from petdoor.daemon import Daemon, Timing
from petdoor.errors import PetDoorError
from petdoor.settings import Settings

log = logging.getLogger(__name__)


class Renewal:
    """New settings, when somebody asks for them, and only if they can be used.

    Args:
        asked: set when the settings are to be read anew.
        load: reads them; raises ``PetDoorError`` when they hold faults.
    """

    def __init__(self, asked: Flag, load: Callable[[], Settings]) -> None:
        self._asked = asked
        self._load = load
        self._accepted: Settings | None = None

    def ask(self) -> None:
        """Somebody asks."""
        self._asked.set()

    def is_due(self) -> bool:
        """Whether new settings wait to be used.

        Raises:
            PetDoorError: they were asked for, but hold faults, or name a model that cannot be used.
        """
        if not self._asked.is_set():
            return False
        self._asked.clear()
        settings = self._load()
        parts.open_classifier(settings)
        self._accepted = settings
        return True

    def taken(self) -> Settings | None:
        """The settings that were accepted, once."""
        accepted, self._accepted = self._accepted, None
        return accepted


def run_door(
    settings: Settings,
    environ: Mapping[str, str],
    stop: Flag,
    pins: Callable[[Settings], gpio.PinFactory],
    renewal: Renewal | None = None,
    *,
    wall_clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Build the parts, run the loop until ``stop``, take all apart again, and say what came of it.

    Raises:
        PetDoorError: a part cannot be had, or is gone for good.
    """
    renewal = renewal or Renewal(Flag(), lambda: settings)
    tally = parts.new_tally(settings)
    wanted: Settings | None = settings
    door: Door | None = None
    owner_steering: Steering | None = None
    try:
        while wanted:
            with ExitStack() as stack:
                before = settings
                settings, built, news = _build(wanted, settings, environ, pins, stack, tally)
                timing = Timing(give_up_seconds=settings.camera.give_up_seconds)
                if settings.mqtt is None:
                    owner_steering = None  # nobody could take it back
                if door and settings.contacts.emergency != before.contacts.emergency:
                    door = replace(door, listens=False)  # what that wire said is not what this one says
                daemon = Daemon(
                    built,
                    timing=timing,
                    wall_clock=wall_clock,
                    door=door,
                    owner_steering=owner_steering,
                    news=news,
                )
                daemon.run(stop, renewal)
            door, owner_steering, wanted = daemon.door, daemon.owner_steering, renewal.taken()
    finally:
        tally.close()
        for line in tally.lines():
            log.info("%s", line)


def _build(  # noqa: PLR0917 -- the same as for parts.build, and the settings to fall back on
    wanted: Settings,
    proven: Settings,
    environ: Mapping[str, str],
    pins: Callable[[Settings], gpio.PinFactory],
    stack: ExitStack,
    tally: Tally,
) -> tuple[Settings, Parts, Sequence[Event]]:
    """The parts for the wanted settings; where one cannot be had, for those that have worked, and why."""
    try:
        return wanted, parts.build(wanted, environ, pins(wanted), stack, tally), ()
    except (PetDoorError, OSError) as error:  # a file that nobody thought of: no reason to end what works
        if wanted is proven:
            raise
        refused = SettingsRefused(str(error))
    stack.close()
    return proven, parts.build(proven, environ, pins(proven), stack, tally), (refused,)
