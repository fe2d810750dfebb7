"""Small files that a door keeps, each replaced as a whole."""

from collections.abc import Mapping
from pathlib import Path


def put(path: Path, text: str) -> None:
    """Write a file whose reader finds the old text or the new one, whoever dies meanwhile.

    Raises:
        OSError: the disk does not take it; the old one stays.
    """
    part = path.with_suffix(".part")
    part.write_text(text, "utf-8")
    part.replace(path)


def for_this_boot(environ: Mapping[str, str], name: str) -> Path | None:
    """A service's file where nothing outlives the machine's restart; None without a service manager."""
    folder = environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(folder) / name if folder else None
