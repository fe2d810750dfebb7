"""Real pins, as far as a machine without any goes; in processes of their own, for lgpio is imported once."""

import json
import os
import subprocess
import sys
import tomllib
from importlib import util
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

VERSIONS = ("3.11", "3.12", "3.13")

LGPIO = """
import os

folder = os.environ["LG_WD"]
os.mkfifo(os.path.join(folder, ".lgd-nfy0"))
os.chdir(folder)
SET_PULL_NONE = SET_BIAS_DISABLE = SET_BIAS_PULL_UP = SET_BIAS_PULL_DOWN = 0
BOTH_EDGES = RISING_EDGE = FALLING_EDGE = 0


class error(Exception):
    pass


def gpiochip_open(number):
    raise error("can not open gpiochip")
"""
TRY = """
import json, os
from petdoor import gpio
from petdoor.errors import LatchError

try:
    gpio.real_pins()
except LatchError as error:
    said = str(error)
print(json.dumps({"said": said, "folder": os.environ["LG_WD"], "is_here": os.path.exists("here")}))
"""


@pytest.fixture
def lgpio(tmp_path):
    """A stand-in that does with folders what lgpio does when it is imported; it has no chip."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "lgpio.py").write_text(LGPIO)
    return tmp_path / "site"


def tried(folder, *, site=""):
    """What a process says that wants real pins, in this folder; below it is one that all users share."""
    (folder / "here").touch()
    (folder / "shared").mkdir(exist_ok=True)
    command = [sys.executable, "-c", TRY]
    environ = {**os.environ, "PYTHONPATH": str(site), "TMPDIR": str(folder / "shared")}
    ended = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    return json.loads(ended.stdout)


def test_the_pipe_lies_in_a_folder_of_its_own_that_goes_with_the_process(lgpio, tmp_path):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / ".lgd-nfy0").touch()  # another user's
    folder = Path(tried(tmp_path, site=lgpio)["folder"])
    assert folder.parent == tmp_path / "shared"
    assert not folder.exists()


def test_relative_paths_mean_the_same_afterwards(lgpio, tmp_path):
    assert tried(tmp_path, site=lgpio)["is_here"]


@pytest.mark.skipif(util.find_spec("lgpio") is not None, reason="lgpio is here")
def test_without_a_back_end_it_is_told_where_one_is_to_be_had(tmp_path):
    said = tried(tmp_path)["said"]
    assert "No module named 'lgpio'" in said
    assert "apt install python3-lgpio" in said
    assert "--system-site-packages" in said


def test_pip_never_has_to_build_lgpio():
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lgpio = next(Requirement(line) for line in needed if line.startswith("lgpio"))
    on_a_pi = {version: {"python_version": version, "platform_machine": "aarch64"} for version in VERSIONS}
    wanted = [version for version, machine in on_a_pi.items() if lgpio.marker.evaluate(machine)]
    assert wanted == ["3.11", "3.12"]


def test_an_installed_petdoor_sees_the_system_s_lgpio():
    command = ["make", "--dry-run", "install"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "-m venv --system-site-packages /opt/petdoor" in said
