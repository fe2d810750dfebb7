"""What stands at the output stays until a new model has proved itself, whatever happens on the way."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tools.output import make_way, on_trial


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "door.tflite"
    path.write_bytes(b"the old model")
    return path


@pytest.fixture
def small_disk(tmp_path):
    """A disk of one mebibyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no small disk can be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_model_takes_its_name_when_the_trial_ends_well(old):
    with on_trial(old, b"the new model") as trial:
        assert old.read_bytes() == b"the old model"
        assert trial.read_bytes() == b"the new model"
    assert old.read_bytes() == b"the new model"
    assert names(old.parent) == ["door.tflite"]


def test_what_the_trial_wrote_anew_is_what_stays(old):
    with on_trial(old, b"a first model") as trial:
        trial.write_bytes(b"one with its figures")
    assert old.read_bytes() == b"one with its figures"


@pytest.mark.parametrize("fault", [ValueError, KeyboardInterrupt, OSError])
def test_a_model_that_fails_its_trial_leaves_nothing(old, fault):
    with pytest.raises(fault, match="bad model"), on_trial(old, b"a bad model"):
        raise fault("bad model")
    assert old.read_bytes() == b"the old model"
    assert names(old.parent) == ["door.tflite"]


def test_the_folder_is_made_and_others_may_read_the_model(tmp_path):
    with on_trial(tmp_path / "new" / "folder" / "door.tflite", b"a model"):
        pass
    assert (tmp_path / "new" / "folder" / "door.tflite").stat().st_mode & 0o777 == 0o644


def test_a_folder_at_the_output_is_refused_before_any_work(tmp_path):
    with pytest.raises(IsADirectoryError, match="this is a folder; name the file to write"):
        make_way(tmp_path)


def test_an_output_below_a_file_is_refused_before_any_work(old):
    with pytest.raises(OSError, match=r"door.tflite"):
        make_way(old / "door.tflite")


def test_making_way_leaves_nothing_behind(old):
    make_way(old)
    assert names(old.parent) == ["door.tflite"]


def test_killed_in_the_middle_the_old_model_is_whole(old):
    program = (
        "import pathlib, sys, tools.output\n"
        "with tools.output.on_trial(pathlib.Path(sys.argv[1]), b'new' * 1_000_000):\n"
        "    print('written', flush=True)\n"
        "    input()\n"
    )
    command = [sys.executable, "-c", program, str(old)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"written\n"
        process.kill()
    assert old.read_bytes() == b"the old model"


def test_on_a_full_disk_the_sentence_names_the_file_and_the_old_model_stays(small_disk):
    old = small_disk / "door.tflite"
    old.write_bytes(b"the old model")
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*door.tflite'$"),
        on_trial(old, b"x" * 2**21),
    ):
        pytest.fail("the disk is full")
    assert old.read_bytes() == b"the old model"
    assert names(small_disk) == ["door.tflite"]


def test_a_disk_that_fills_up_during_the_trial_leaves_the_old_model(small_disk):
    old = small_disk / "door.tflite"
    old.write_bytes(b"the old model")
    with pytest.raises(OSError, match="No space left on device"), on_trial(old, b"x" * 1000) as trial:
        trial.write_bytes(b"x" * 2**21)
    assert old.read_bytes() == b"the old model"
    assert names(small_disk) == ["door.tflite"]
