"""The drawn yard through the real loop: its model, gate, rule and decision, and a mock pin."""

import json
import os
import re
import signal
import subprocess
import sys
from threading import Event as Flag

import cv2
import pytest
from click.testing import CliRunner

from petdoor import cameras, gpio, options, parts, pictures
from petdoor.cli import main
from petdoor.demo import play
from petdoor.film import open_film
from petdoor.settings import Settings


def settings(**demo):
    return Settings.model_validate({"camera": {"source": "demo", "width": 320, "height": 240}, "demo": demo})


def petdoor(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def counted(tally):
    """Who came, and how many of them were let in."""
    rows = [re.fullmatch(r"(.*): (\d+) came, (\d+) let in .*", line) for line in tally.lines()]
    return {row[1]: (int(row[2]), int(row[3])) for row in rows if row}


@pytest.mark.parametrize("weather", ["changing", "calm"])
def test_every_dog_is_let_in_and_nobody_else(weather):
    tally = play(settings(visits=12, weather=weather, seed=3), Flag())
    assert tally.is_faultless, tally.lines()
    assert counted(tally) == {
        "dog": (2, 2),
        **dict.fromkeys(["cat", "raccoon", "dog and cat", "person", "wind"], (2, 0)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("weather", ["changing", "calm"])
def test_of_200_visits_every_dog_is_let_in_and_nobody_else(weather):
    tally = play(settings(visits=200, weather=weather, seed=11), Flag())
    assert tally.is_faultless, tally.lines()
    assert counted(tally)["dog"][1] >= 33


def test_the_same_seed_ends_the_same():
    once, again = (play(settings(visits=2, seed=5), Flag()) for _ in range(2))
    assert once.lines() == again.lines()


def test_a_play_that_is_stopped_ends_at_once_and_counts_nobody():
    stop = Flag()
    stop.set()
    assert play(settings(visits=100), stop).lines() == ["0 admitted, 0 kept in, 0 refused"]


def test_a_model_that_knows_no_dog_when_it_sees_one_is_found_out(tiny_models, tmp_path):
    values = {"camera": {"width": 320, "height": 240}, "demo": {"visits": 1}}
    (tmp_path / "c.yaml").write_text(json.dumps(values))
    model = tiny_models / "uint8_logits_1000.tflite"
    told = petdoor("demo", "--config", tmp_path / "c.yaml", "--model", model)
    assert told.exit_code == 1
    assert "WRONG: dog was left outside" in told.stdout


def test_the_command_tells_who_came_and_records_who_was_judged(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = petdoor("demo", "--visits", 2, "--weather", "calm", "--record", "sheet.png", "--snapshots", "seen")
    assert told.exit_code == 0, told.output
    assert "2 of 2 visits went as they should" in told.stdout
    assert "wrote sheet.png" in told.stdout
    assert pictures.read(tmp_path / "sheet.png").shape[0] == 480
    kept = {path.name.split("-", 3)[3] for path in (tmp_path / "seen").iterdir()}
    assert kept >= {"dog-admit.jpg", "cat-keep_in.jpg"}
    assert "cat-admit.jpg" not in kept


def test_a_video_lasts_as_long_as_the_scene(tmp_path):
    wanted = settings(visits=1, seed=2)
    film = open_film(tmp_path / "film.mp4", fps=10)
    play(wanted, Flag(), film)
    assert film.close()
    assert seconds_of(tmp_path / "film.mp4") == pytest.approx(cameras.scene(wanted).duration_seconds, abs=0.5)


def seconds_of(video):
    """How long a video lasts."""
    capture = cv2.VideoCapture(str(video))
    return capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS)


def test_a_drawn_dog_never_moves_a_real_bolt(monkeypatch):
    monkeypatch.setattr(gpio, "gpio_chips", lambda: ["/dev/gpiochip0"])
    assert gpio.is_simulated(parts.pins_for(settings()))


def test_the_demo_in_its_own_time_needs_no_settings_and_says_on_ctrl_c_what_came_of_it(tmp_path):
    command = [sys.executable, "-m", "petdoor", "run", "--source", "demo", "--snapshots", "seen"]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    lines = []
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as door:
        for line in door.stderr:
            lines.append(line)
            if "unlocked for a dog" in line:
                door.send_signal(signal.SIGINT)
        assert door.wait(20) == 0
    assert any("SIMULATED" in line for line in lines)
    assert any('"Doggy come on in!"' in line for line in lines)
    assert any("locked after" in line and "petdoor stops" in line for line in lines)
    assert any("1 admitted, 0 kept in" in line for line in lines)
    assert len(list((tmp_path / "seen").glob("*-dog-admit.jpg"))) == 1


@pytest.fixture
def real_door(tmp_path, monkeypatch):
    """The settings of a real door where petdoor finds them."""
    monkeypatch.chdir(tmp_path)
    values = {
        "camera": {"source": "0", "rotate": 180, "roi": [0, 0, 0.1, 0.1]},
        "mqtt": {"host": "127.0.0.1", "port": 1},
        "snapshots": {"folder": "real"},
        "policy": {"unlock_seconds": 7},
    }
    (tmp_path / "config.yaml").write_text(json.dumps(values))
    return options.settings(None, "demo")


def test_a_play_leaves_a_real_doors_broker_pictures_and_camera_alone(real_door):
    playing = options.overridden(real_door, source="demo")
    assert playing.mqtt is None
    assert playing.snapshots.folder is None
    assert (playing.camera.rotate, playing.camera.roi) == (0, (0, 0, 1, 1))
    assert playing.policy.unlock_seconds == 7


def test_a_door_whose_own_source_is_the_demo_tells_its_broker(real_door):
    camera = real_door.camera.model_copy(update={"source": "demo"})
    drawn = real_door.model_copy(update={"camera": camera})
    assert options.overridden(drawn, source="demo").mqtt == real_door.mqtt


def test_a_folder_called_demo_can_be_played(real_door):
    assert options.overridden(real_door, source="./demo").camera.source == "./demo"


def test_the_demo_can_be_checked_without_settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = petdoor("check", "--source", "demo")
    assert told.exit_code == 0, told.output
    assert "640x480 from demo" in told.stdout
    assert "SIMULATED" in told.stdout


def test_the_empty_yard_is_not_turned_away_at_the_start():
    assert play(settings(visits=1, weather="calm"), Flag()).lines()[0].endswith("0 refused)")
