"""How warm the machine is, as the kernel tells it."""

from pathlib import Path
from typing import Final

_ZONES: Final = Path("/sys/class/thermal")


def celsius(zones: Path = _ZONES) -> float | None:
    """The warmest of the machine's sensors, in degrees Celsius; None where there is none to read."""
    degrees = [warm for zone in zones.glob("thermal_zone*/temp") if (warm := _read(zone)) is not None]
    return max(degrees, default=None)


def _read(zone: Path) -> float | None:
    try:
        return int(zone.read_text("ascii")) / 1000
    except (OSError, ValueError):
        return None
