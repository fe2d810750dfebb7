"""What a door drives, kept for whoever has to lock it when it has died.

The settings may be others by then. The file lies where nothing outlives the machine's restart, below /run.
"""

import logging
from collections.abc import Mapping
from typing import Final

from petdoor import files
from petdoor.settings.wiring import LatchSettings

log = logging.getLogger(__name__)

_NAME: Final = "bolt.json"


def remember(latch: LatchSettings, environ: Mapping[str, str]) -> None:
    """Keep it; that it cannot be kept is no reason for a door not to move."""
    path = files.for_this_boot(environ, _NAME)
    if path is None:
        return
    try:
        files.put(path, latch.model_dump_json())
    except OSError as error:
        log.warning("if this door dies, it is locked by the settings of then: %s", error)


def remembered(environ: Mapping[str, str]) -> LatchSettings | None:
    """What was kept last, and not forgotten; None where nothing was."""
    path = files.for_this_boot(environ, _NAME)
    try:
        return LatchSettings.model_validate_json(path.read_text("utf-8")) if path else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("what the door drove cannot be known: %s: %s", path, error)
        return None


def forget(environ: Mapping[str, str]) -> None:
    """It is locked: the pin may serve something else from now on."""
    path = files.for_this_boot(environ, _NAME)
    if path:
        path.unlink(missing_ok=True)
