"""What is installed: everything the door needs, away from the checkout."""

import json
import os
import subprocess
import sys
import zipfile

import pytest

from petdoor.pictures import encode_jpeg
from petdoor.scene.scene import Scene
from petdoor.scene.weather import CALM
from tests.conftest import ROOT

PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel; made without a network, from a copy of what is committed."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "petdoor"):
        (copy / name).symlink_to(ROOT / name)
    command = [*PIP, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir"]
    done(*command, folder, copy)
    return next(folder.glob("petdoor-*.whl"))


@pytest.fixture(scope="module")
def site(wheel, tmp_path_factory):
    """A folder of its own with the wheel installed in it; what it depends on is there already."""
    folder = tmp_path_factory.mktemp("site")
    done(*PIP, "install", "--no-deps", "--no-index", "--no-compile", "--target", folder, wheel)
    return folder


def done(*command, **options):
    """The words of a command that must succeed."""
    words = [str(word) for word in command]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture
def away(site, tmp_path):
    """Where and how to run what is installed: in an empty folder, with nothing of the checkout in sight."""
    return {"cwd": tmp_path, "env": {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1"}}


def test_installed_elsewhere_it_brings_its_service_along(site, away):
    (away["cwd"] / "card").mkdir()
    done(site / "bin" / "petdoor", "install-service", "--root", "card", **away)
    unit = away["cwd"] / "card" / "etc/systemd/system/petdoor.service"
    assert unit.read_text() == (ROOT / "systemd" / "petdoor.service").read_text()


def draw(folder):
    """A dog and a cat of the drawn yard, each waiting before the door."""
    scene = Scene(seed=2, visits=2, weather=CALM)
    for visit in scene.script.visits:
        picture = scene.picture((visit.begins_at + visit.ends_at) / 2)
        (folder / f"{visit.character}.jpg").write_bytes(encode_jpeg(picture))


def test_it_holds_the_model_its_card_the_scene_and_the_service_and_no_tool(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"petdoor/deploy/petdoor.service", "petdoor/deploy/config.yaml"} <= names
    assert {"petdoor/models/door.tflite", "petdoor/models/README.md", "petdoor/scene/scene.py"} <= names
    assert {"petdoor/dashboard/index.html", "petdoor/dashboard/vendor/mqtt.min.js"} <= names
    assert not [name for name in names if name.startswith(("tools/", "tests/"))]


def test_what_runs_is_what_was_installed(site, away):
    assert done(sys.executable, "-c", "import petdoor; print(petdoor.__file__)", **away).startswith(str(site))


def test_installed_elsewhere_its_command_plays_the_demo(site, away):
    told = done(site / "bin" / "petdoor", "demo", "--visits", 1, "--record", "dog.jpg", **away)
    assert "dog: 1 came, 1 let in" in told
    assert (away["cwd"] / "dog.jpg").exists()


def test_installed_elsewhere_its_command_judges_pictures_by_the_model_that_ships(site, away):
    draw(away["cwd"])
    told = done(site / "bin" / "petdoor", "classify", "--json", "dog.jpg", "cat.jpg", **away)
    verdicts = [json.loads(line)["verdict"] for line in told.splitlines()]
    assert verdicts == ["admit", "keep_in"]


def test_installed_elsewhere_it_runs_as_a_module_too(away):
    assert done(sys.executable, "-m", "petdoor", "--version", **away).startswith("petdoor, version ")
