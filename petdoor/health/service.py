"""The service: is it there, does it run, and will it after the next power cut?"""

from petdoor.health.finding import Finding, Level
from petdoor.health.machine import Machine

_ASKED = ("LoadState", "ActiveState", "StatusText", "NRestarts", "Result", "UnitFileState")


def examine(machine: Machine) -> Finding:
    """The state of ``petdoor.service``."""
    state = _state(machine)
    active = state.get("ActiveState", "unknown")
    if not state:
        return Finding("service", Level.SKIP, "systemd does not run here: petdoor run starts the door")
    if state.get("LoadState") == "not-found":
        return Finding("service", Level.NOTE, "not installed", "sudo petdoor install-service")
    if active in {"inactive", "deactivating"}:
        return Finding("service", Level.NOTE, "stopped", "sudo systemctl enable --now petdoor")
    if active != "active":
        said = f"{active}: {state.get('Result', '')}"
        return Finding("service", Level.FAIL, said, "journalctl -u petdoor -n 50 says why")
    said = f"{state.get('StatusText') or 'running'}; restarted {state.get('NRestarts', 0)} times"
    if state.get("UnitFileState") != "enabled":
        return Finding("service", Level.NOTE, f"{said}; not started at boot", "sudo systemctl enable petdoor")
    return Finding("service", Level.OK, said)


def is_running(machine: Machine) -> bool:
    """Whether the service has camera and pins in use now."""
    return _state(machine).get("ActiveState") in {"active", "reloading"}


def _state(machine: Machine) -> dict[str, str]:
    told = machine.answer("systemctl", "show", "petdoor.service", f"--property={','.join(_ASKED)}") or ""
    return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
