"""Ten thousand visits as fast as this machine goes: python -m tests.soak [VISITS]."""

import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.soak.figures import HEAD
from tests.soak.soak import Soak

VISITS = 10_000


def main(visits):
    """Let so many come, print the figures, and say whether all is well."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="petdoor-soak-") as folder:
        logging.basicConfig(filename=Path(folder) / "log", level=logging.INFO)
        print(HEAD, flush=True)
        soak = Soak(Path(folder), visits, lambda line: print(line, flush=True))
        soak.run()
    _summary(soak, time.monotonic() - began)
    return not soak.losses and not any(growth.is_beyond for growth in soak.growths)


def _summary(soak, seconds):
    ledger, ear, paces = soak.ledger, soak.ear, soak.paces
    lived, played = soak.seconds / 3600, seconds / 60
    print(f"\n{lived:.1f} hours at the door in {played:.1f} minutes, {soak.passes:,} passes")
    print(f"events              told {ledger.told:,}, heard {ledger.heard:,}: {ledger.late:,} of them late")
    print(f"                    and marked, {ledger.repeated:,} more heard again and marked")
    print(f"orders              given {ear.asked}, answered {ear.answered}, refused {ear.refused}")
    print(f"broker              gone {soak.outages} times")
    print(f"bolt                drawn {soak.levels[True]:,} times")
    print(f"pass of the loop    {paces.ms(0.5):.2f} ms; 95 % within {paces.ms(0.95):.2f} ms")
    print(f"                    the longest {paces.longest_ms:.0f} ms")
    print(f"\n{'':<20}first tenth last tenth    grew by    at most")
    for growth in soak.growths:
        print(growth.line())
    for loss, count in soak.losses.items():
        print(f"LOST: {loss}: {count}")


if __name__ == "__main__":
    sys.exit(0 if main(int(sys.argv[1]) if sys.argv[1:] else VISITS) else 1)
