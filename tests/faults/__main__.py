"""Runs every fault, and prints the table for the README: python -m tests.faults [WORDS]."""

import sys
import tempfile
from pathlib import Path

from tests.faults import scenarios
from tests.faults.manager import in_unit
from tests.faults.trial import FaultError, Pace, Trial

HEAD = (
    "| fault | what the door does | locked after | well again after | lost |\n| --- | --- | --- | --- | --- |"
)


def row(fault: str, report: scenarios.Report) -> str:
    """A line of the table."""
    safe = "works on" if report.safe_seconds is None else f"{report.safe_seconds:.2f} s"
    well = "-" if report.well_seconds is None else f"{report.well_seconds:.1f} s"
    return f"| {fault} | {report.did} | {safe} | {well} | {report.lost} |"


def tried(fault: str, pace: Pace) -> str:
    """The line of a fault, tried now.

    Raises:
        FaultError: the door did not do what it must.
    """
    with tempfile.TemporaryDirectory() as folder:
        trial = Trial(Path(folder), pace)
        try:
            return row(fault, scenarios.ALL[fault](trial)).replace(folder, "")
        except PermissionError as error:
            return f"| {fault} | not tried: {error} | | | |"
        finally:
            trial.close()


def main(words: str) -> bool:
    """Try all faults with these words in their names, and say whether the door withstood them."""
    pace = Pace(in_unit("WatchdogSec"), in_unit("RestartSec"))
    withstood = True
    print(HEAD, flush=True)
    for fault in scenarios.ALL:
        if words not in fault:
            continue
        try:
            print(tried(fault, pace), flush=True)
        except FaultError as error:
            withstood = False
            print(f"| {fault} | FAILED: see below | | | |\n\n{error}\n", flush=True)
    return withstood


if __name__ == "__main__":
    sys.exit(0 if main(" ".join(sys.argv[1:])) else 1)
