"""The service: is it there, does it run, and will it after the next power cut?"""

from petdoor.health.finding import Finding, Level
from petdoor.health.machine import Machine

_ASKED = ("LoadState", "ActiveState", "SubState", "StatusText", "NRestarts", "Result", "UnitFileState")


def examine(machine: Machine) -> Finding:
    """The state of ``petdoor.service``."""
    state = _state(machine)
    if not state:
        return Finding("service", Level.SKIP, "systemd does not run here: petdoor run starts the door")
    if state.get("LoadState") == "not-found":
        return Finding("service", Level.NOTE, "not installed", "sudo petdoor install-service")
    if _is_starting(state):
        said = f"starting: {state.get('StatusText') or 'waits for the first frame'}"
        return Finding("service", Level.NOTE, said, "journalctl -fu petdoor says what it waits for")
    if state.get("ActiveState") in {"inactive", "deactivating"}:
        return Finding("service", Level.NOTE, "stopped", "sudo systemctl enable --now petdoor")
    if state.get("ActiveState") != "active":
        return Finding("service", Level.FAIL, _fault(state), "journalctl -u petdoor -n 50 says why")
    return _running(state)


def _fault(state: dict[str, str]) -> str:
    goes_on = "is tried again" if state.get("ActiveState") == "activating" else "is not tried again"
    return f"failed: {state.get('Result', '')}; {goes_on}"


def _running(state: dict[str, str]) -> Finding:
    said = f"{state.get('StatusText') or 'running'}; restarted {state.get('NRestarts', 0)} times"
    if state.get("UnitFileState") != "enabled":
        return Finding("service", Level.NOTE, f"{said}; not started at boot", "sudo systemctl enable petdoor")
    return Finding("service", Level.OK, said)


def is_running(machine: Machine) -> bool:
    """Whether the service has camera and pins in use now."""
    state = _state(machine)
    return state.get("ActiveState") in {"active", "reloading"} or _is_starting(state)


def _is_starting(state: dict[str, str]) -> bool:
    """Whether the door is built, or waits for its first frame; not while its next start is waited for."""
    return state.get("ActiveState") == "activating" and state.get("SubState") != "auto-restart"


def _state(machine: Machine) -> dict[str, str]:
    told = machine.answer("systemctl", "show", "petdoor.service", f"--property={','.join(_ASKED)}") or ""
    return dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
