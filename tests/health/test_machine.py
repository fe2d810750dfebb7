"""The machine is a folder with ``sys`` and ``dev``, and programs that really run."""

import os
import subprocess

import pytest

from petdoor.health import machine, service
from petdoor.health.finding import Level
from petdoor.health.machine import Machine


@pytest.fixture
def root(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "dev").mkdir()
    return tmp_path


def says(root, program, words, status=0):
    """A program of this name that says so."""
    path = root / "bin" / program
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{words}\nEND\nexit {status}\n")
    path.chmod(0o755)


def found(root, part):
    here = Machine(root, path=str(root / "bin"))
    return next(finding for finding in machine.examine(here, root) if finding.part == part)


def warm(root, millidegrees):
    zone = root / "sys/class/thermal/thermal_zone0/temp"
    zone.parent.mkdir(parents=True)
    zone.write_text(f"{millidegrees}\n")


def test_a_machine_that_is_no_pi_is_not_at_fault(root):
    levels = {finding.part: finding.level for finding in machine.examine(Machine(root, path=""), root)}
    skipped = {part for part, level in levels.items() if level is Level.SKIP}
    assert skipped == {"group gpio", "group video", "freed pins", "clock", "temperature", "power"}
    assert Level.FAIL not in levels.values()


@pytest.mark.parametrize(
    ("told", "level", "words"),
    [
        ("throttled=0x0", Level.OK, "never"),
        ("throttled=0x50000", Level.NOTE, "since the start: the supply's voltage is too low"),
        ("throttled=0x50005", Level.FAIL, "voltage is too low; the processor is throttled"),
        ("VCHI initialization failed", Level.SKIP, "not a Raspberry Pi"),
    ],
)
def test_a_weak_power_supply_is_told(root, told, level, words):
    says(root, "vcgencmd", told)
    power = found(root, "power")
    assert power.level is level
    assert words in power.detail


def test_a_program_that_fails_says_nothing(root):
    says(root, "vcgencmd", "throttled=0x50005", status=1)
    assert found(root, "power").level is Level.SKIP


@pytest.mark.parametrize(
    ("millidegrees", "level"), [(45_200, Level.OK), (83_000, Level.NOTE), ("hot", Level.SKIP)]
)
def test_a_hot_processor_is_told(root, millidegrees, level):
    warm(root, millidegrees)
    assert found(root, "temperature").level is level


@pytest.mark.parametrize(("told", "level"), [("yes", Level.OK), ("no", Level.NOTE)])
def test_a_clock_that_nobody_sets_is_told(root, told, level):
    says(root, "timedatectl", told)
    assert found(root, "clock").level is level


def test_devices_this_user_may_use_are_named(root):
    (root / "dev" / "gpiochip0").touch()
    assert found(root, "group gpio").level is Level.OK


def test_devices_this_user_may_not_use_name_the_group_that_may(root):
    (root / "dev" / "video0").symlink_to(root / "nobody may use this")
    video = found(root, "group video")
    assert video.level is Level.FAIL
    assert "usermod -aG video" in video.advice


def persists(root, **drivers):
    for name, word in drivers.items():
        parameters = root / "sys/module" / name / "parameters"
        parameters.mkdir(parents=True)
        (parameters / "persist_gpio_outputs").write_text(f"{word}\n")


def test_a_kernel_that_keeps_the_coil_of_a_dead_door_drawn_is_told(root):
    persists(root, pinctrl_bcm2835="Y", pinctrl_rp1="Y")
    pins = found(root, "freed pins")
    assert (pins.level, "dtparam=strict_gpiod" in pins.advice) == (Level.NOTE, True)


def test_the_driver_that_is_not_in_use_says_nothing_of_this_machine(root):
    persists(root, pinctrl_bcm2835="Y", pinctrl_rp1="N")
    assert found(root, "freed pins").level is Level.OK


@pytest.fixture
def read_only(tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "card", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_card_that_can_only_be_read_is_told(root, read_only):
    here = Machine(root, path="")
    disk = next(f for f in machine.examine(here, read_only / "snapshots") if f.part == "disk")
    assert (disk.level, f"{read_only} can only be read") == (Level.FAIL, disk.detail)


STATE = """LoadState={}
ActiveState={}
SubState={}
StatusText=watching, locked
NRestarts=2
Result=exit-code
UnitFileState={}"""


@pytest.mark.parametrize(
    ("state", "level", "words"),
    [
        (("loaded", "active", "running", "enabled"), Level.OK, "watching, locked; restarted 2 times"),
        (("loaded", "active", "running", "disabled"), Level.NOTE, "not started at boot"),
        (("loaded", "activating", "start", "enabled"), Level.NOTE, "starting: watching, locked"),
        (("loaded", "activating", "auto-restart", "enabled"), Level.FAIL, "exit-code; is tried again"),
        (("loaded", "failed", "failed", "enabled"), Level.FAIL, "exit-code; is not tried again"),
        (("loaded", "inactive", "dead", "enabled"), Level.NOTE, "stopped"),
        (("not-found", "inactive", "dead", ""), Level.NOTE, "not installed"),
    ],
)
def test_how_the_service_fares_is_told(root, state, level, words):
    says(root, "systemctl", STATE.format(*state))
    here = Machine(root, path=f"{root / 'bin'}:{os.defpath}")
    found = service.examine(here)
    assert (found.level, words in found.detail) == (level, True)
    assert service.is_running(here) is bool({"running", "start"} & set(state))


def test_where_systemd_does_not_run_there_is_nothing_to_say(root):
    says(root, "systemctl", "System has not been booted with systemd", status=1)
    assert service.examine(Machine(root, path=str(root / "bin"))).level is Level.SKIP
