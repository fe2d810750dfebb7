"""The whole examination, of doors that are built of real parts."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from petdoor.health import door
from petdoor.health.doctor import Doctor
from petdoor.health.door import Sight
from petdoor.health.finding import Level
from petdoor.health.machine import Machine
from petdoor.settings import Settings
from tests.conftest import as_nobody
from tests.pictures_on_disk import jpeg, scene

SERVICE_RUNS = "#!/bin/sh\necho LoadState=loaded\necho ActiveState=active\necho UnitFileState=enabled\n"


@pytest.fixture
def here(tmp_path):
    """A machine without anything, but a folder for programs."""
    (tmp_path / "bin").mkdir()
    return Machine(tmp_path, path=str(tmp_path / "bin"))


@pytest.fixture
def photo(tmp_path):
    return jpeg(tmp_path / "rex.jpg", scene(1, 240, 320))


def program(here, name, text):
    path = Path(here.path) / name
    path.write_text(text)
    path.chmod(0o755)


def given(**sections):
    return Settings.model_validate({"latch": {"pins": "simulated"}, **sections})


def examined(settings, here, **how):
    return {finding.part: finding for finding in Doctor(settings, {}, here, **how).examine()}


def test_a_door_with_all_its_parts_has_nothing_to_mend(here, photo, mosquitto, tmp_path):
    settings = given(
        camera={"source": str(photo)},
        contacts={"flap": {"pin": 5}},
        mqtt={"host": "127.0.0.1", "port": mosquitto.port},
        snapshots={"folder": str(tmp_path / "seen")},
    )
    findings = examined(settings, here)
    assert [part for part, finding in findings.items() if finding.level is Level.FAIL] == []
    levels = {part: str(finding.level) for part, finding in findings.items()}
    assert levels.items() >= {"model": "ok", "judgement": "ok", "contacts": "ok", "snapshots": "ok"}.items()
    assert findings["broker message"].level is Level.OK


def test_without_settings_only_the_machine_is_looked_at(here):
    assert "model" not in examined(None, here)


def test_one_part_that_fails_keeps_no_other_from_being_looked_at(here):
    findings = examined(given(camera={"source": "0"}, model={"path": "no.tflite"}), here)
    failed = [part for part, finding in findings.items() if finding.level is Level.FAIL]
    assert failed == ["model", "camera"]
    assert findings["snapshots"].level is Level.SKIP


@pytest.mark.parametrize(("plugged_in", "advice"), [(True, "there are "), (False, "no camera is plugged in")])
def test_a_camera_that_does_not_open_is_told_with_what_is_there(here, plugged_in, advice):
    (here.root / "dev").mkdir()
    if plugged_in:
        (here.root / "dev" / "video7").touch()
    assert advice in examined(given(camera={"source": "0"}), here)["camera"].advice


def test_a_part_that_the_running_door_holds_is_not_at_fault(here):
    program(here, "systemctl", SERVICE_RUNS)
    camera = examined(given(camera={"source": "0"}), here)["camera"]
    assert (camera.level, camera.detail.partition(":")[0]) == (Level.NOTE, "the door that runs has it")


def test_a_live_camera_is_watched_for_its_frame_rate_and_its_picture_kept(here, tmp_path, monkeypatch):
    for number in range(20):
        jpeg(tmp_path / "frames" / f"{number:02}.jpg", scene(number, 240, 320))
    program(here, "rpicam-vid", f'#!/bin/sh\nexec "{sys.executable}" -m tests.rpicam_player "$@"\n')
    monkeypatch.setenv("PATH", f"{here.path}:/usr/bin:/bin")
    monkeypatch.setenv("PLAYER_FOLDER", str(tmp_path / "frames"))
    kept = []
    settings = given(camera={"source": "picamera:0", "width": 320, "height": 240, "rotate": 90})
    findings = examined(settings, here, keep=kept.append, watch_seconds=0.5)
    assert findings["camera"].detail.startswith("240x320 from picamera:0, ")
    assert findings["camera"].detail.endswith("frames a second")
    assert kept[0].shape == (320, 240, 3)


@pytest.mark.parametrize(
    ("picture", "fps", "words"),
    [
        (np.zeros((240, 320, 3), np.uint8), None, "the picture is black"),
        (np.full((240, 320, 3), 255, np.uint8), None, "the picture is white"),
        (np.full((240, 320, 3), 128, np.uint8), None, "blurred"),
        (scene(1, 240, 320), 3.0, "10 were asked for"),
        (scene(1, 240, 320), 9.0, ""),
    ],
)
def test_a_picture_that_helps_nobody_is_told(picture, fps, words):
    finding = door.camera(given(), Sight(picture, fps))
    assert finding.advice.startswith(words) or words in finding.advice
    assert finding.level is (Level.NOTE if words else Level.OK)


def secret(here):
    """Root's own file with the service's password, as install-service makes it."""
    file = here.root / "etc" / "petdoor" / "mqtt-password"
    file.parent.mkdir(parents=True)
    file.write_text("woof\n")
    file.chmod(0o600)


def named(broker):
    mqtt = {"host": "127.0.0.1", "port": broker.port, "username": "petdoor"}
    return given(camera={"source": "demo"}, mqtt=mqtt)


def test_root_tries_the_broker_with_the_service_s_own_password(here, guarded):
    secret(here)
    assert examined(named(guarded), here)["broker message"].level is Level.OK


def test_whoever_may_not_read_it_is_told_so_and_tries_none(guarded):
    with TemporaryDirectory() as root:  # that everybody may look into
        Path(root).chmod(0o755)
        here = Machine(Path(root), path="")
        secret(here)
        (here.root / "var" / "lib" / "petdoor").mkdir(parents=True)
        with as_nobody():
            findings = examined(named(guarded), here)
    assert findings["broker login"].level is Level.SKIP
    assert findings["state"].level is Level.SKIP
    assert "broker message" not in findings


def test_a_folder_where_events_cannot_be_kept_is_told(here, mosquitto, tmp_path):
    (tmp_path / "file").touch()
    mqtt = {"host": "127.0.0.1", "port": mosquitto.port}
    settings = given(camera={"source": "demo"}, mqtt=mqtt, state_folder=str(tmp_path / "file" / "x"))
    state = examined(settings, here)["state"]
    assert (state.level, state.detail.startswith("state_folder: ")) == (Level.FAIL, True)
