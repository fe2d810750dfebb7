"""The folder of pictures of who was judged."""

import errno
import logging
import os
import subprocess
from contextlib import closing

import numpy as np
import pytest

from petdoor import pictures
from petdoor.adapters.snapshots import _PART, SnapshotFolder

PICTURE = np.full((48, 64, 3), 90, np.uint8)
NOISE = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
"""As JPEG too large for a pipe to hold."""


def judged(minute, species="dog", verdict="admit"):
    return {"ts": f"2026-11-22T16:{minute:02}:15.497Z", "species": species, "verdict": verdict}


def show(snapshots, *minutes, picture=PICTURE):
    for minute in minutes:
        snapshots.event(judged(minute))
        snapshots.snapshot(picture)


def keep(folder, *minutes, **wanted):
    with closing(SnapshotFolder(folder, **{"keep": 100, **wanted})) as snapshots:
        show(snapshots, *minutes)
    return names(folder)


def keep_one_by_one(folder, *minutes, **wanted):
    """As many as wanted: never more wait than may."""
    for minute in minutes:
        keep(folder, minute, **wanted)
    return minutes_of(names(folder))


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def minutes_of(found):
    return [int(name[11:13]) for name in found]


def old_picture(folder, minute, *, written_at):
    path = folder / f"20261122-16{minute:02}15-497-dog-admit.jpg"
    path.write_bytes(b"an older one")
    os.utime(path, (written_at, written_at))
    return path


def test_a_picture_bears_the_moment_the_animal_and_the_verdict_in_its_name(tmp_path):
    assert keep(tmp_path, 49) == ["20261122-164915-497-dog-admit.jpg"]
    assert pictures.read(tmp_path / "20261122-164915-497-dog-admit.jpg").shape == PICTURE.shape


def test_a_species_with_a_name_that_is_no_file_name_is_written_all_the_same(tmp_path):
    with closing(SnapshotFolder(tmp_path, keep=5)) as snapshots:
        snapshots.event(judged(7, "../guide dog"))
        snapshots.snapshot(PICTURE)
    assert names(tmp_path) == ["20261122-160715-497-___guide_dog-admit.jpg"]


def test_the_folder_is_made_when_it_is_missing(tmp_path):
    assert keep(tmp_path / "not" / "yet", 1)


def test_events_that_judge_nobody_change_no_name(tmp_path):
    with closing(SnapshotFolder(tmp_path, keep=5)) as snapshots:
        snapshots.event(judged(7, "cat", "keep_in"))
        snapshots.event({"ts": "2026-11-22T17:00:00.000Z", "event_type": "door_locked"})
        snapshots.snapshot(PICTURE)
    assert names(tmp_path) == ["20261122-160715-497-cat-keep_in.jpg"]


def test_the_oldest_make_room(tmp_path):
    assert keep_one_by_one(tmp_path, *range(10), keep=3) == [7, 8, 9]


def test_those_of_an_earlier_run_make_room_by_the_time_they_were_written(tmp_path):
    for minute, written_at in ((1, 300), (2, 100), (3, 200)):
        old_picture(tmp_path, minute, written_at=written_at)
    assert keep_one_by_one(tmp_path, 4, keep=3) == [1, 3, 4]


def test_a_clock_that_went_back_costs_none_of_the_pictures_just_written(tmp_path):
    for minute in (50, 51, 52):
        old_picture(tmp_path, minute, written_at=4_000_000_000)
    assert minutes_of(keep(tmp_path, 1, 2, keep=2)) == [1, 2]


def test_a_large_folder_may_hold_a_twentieth_more_before_it_is_looked_through(tmp_path):
    for minute in range(20):
        old_picture(tmp_path, minute, written_at=minute)
    assert keep_one_by_one(tmp_path, 30, keep=20) == [*range(20), 30]
    assert keep_one_by_one(tmp_path, 31, keep=20) == [*range(2, 20), 30, 31]


@pytest.mark.parametrize(
    "name",
    [
        "holiday.jpg",
        "2024-05-06-rex-garden.jpg",
        "20240506-101112-131-rex.jpg",
        "20240506-101112-131-dog-admit.jpg.jpg",
        "my-20240506-101112-131-dog-admit.jpg",
    ],
)
def test_pictures_of_others_are_left_alone(tmp_path, name):
    (tmp_path / name).write_bytes(b"the sea")
    os.utime(tmp_path / name, (1, 1))
    assert name in keep(tmp_path, *range(4), keep=1)
    assert len(names(tmp_path)) == 2


def test_what_a_power_cut_left_half_written_does_not_stay(tmp_path):
    (tmp_path / _PART).write_bytes(b"half")
    assert minutes_of(keep(tmp_path, 1)) == [1]


def test_a_disk_that_does_not_answer_holds_up_nobody_and_the_newest_pictures_win(tmp_path, caplog):
    os.mkfifo(tmp_path / _PART)
    with closing(SnapshotFolder(tmp_path, keep=100)) as snapshots:
        show(snapshots, 0, picture=NOISE)
        with (tmp_path / _PART).open("rb") as disk:  # the first is being written, and stalls
            show(snapshots, *range(1, 11))
            assert disk.read().startswith(b"\xff\xd8")
    assert minutes_of(names(tmp_path)) == [0, 7, 8, 9, 10]
    [complaint] = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert "too slow" in complaint
    assert "-160115-" in complaint


def test_a_disk_that_does_not_answer_holds_up_no_goodbye(tmp_path, caplog):
    os.mkfifo(tmp_path / _PART)
    snapshots = SnapshotFolder(tmp_path, keep=100, close_seconds=0)
    show(snapshots, 0, picture=NOISE)
    with (tmp_path / _PART).open("rb") as disk:  # the first is being written, and stalls
        show(snapshots, 1)
        snapshots.close()
        assert "does not answer: gave up on 2 snapshots" in caplog.text
        disk.read()
    snapshots._thread.join()


def test_a_full_disk_gets_room_from_the_oldest_of_ours(tmp_path, caplog):
    for minute in (1, 2):
        old_picture(tmp_path, minute, written_at=minute)
    (tmp_path / "holiday.jpg").write_bytes(b"the sea")
    (tmp_path / _PART).symlink_to("/dev/full")  # full for the first try, which takes the link away
    assert minutes_of(keep(tmp_path, 5)[:-1]) == [2, 5]
    assert not caplog.records


def test_a_full_disk_on_which_nothing_is_ours_is_complained_of(tmp_path, caplog):
    (tmp_path / _PART).symlink_to("/dev/full")
    assert keep(tmp_path, 5) == []
    assert os.strerror(errno.ENOSPC) in caplog.text


def test_a_folder_that_cannot_be_written_is_complained_of_once(tmp_path, caplog):
    (tmp_path / "seen").write_text("a file where the folder should be")
    with closing(SnapshotFolder(tmp_path / "seen", keep=5)) as snapshots:
        show(snapshots, 1, 2, 3)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot keep a snapshot" in caplog.text


def test_after_it_has_worked_again_the_next_fault_is_complained_of_again(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    for minute in (1, 2, 4):
        (tmp_path / f"20261122-16{minute:02}15-497-dog-admit.jpg").mkdir()  # no picture can be written there
    keep(tmp_path, 1, 2, 3, 4)
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_a_picture_that_is_none_does_not_end_the_writing(tmp_path, caplog):
    with closing(SnapshotFolder(tmp_path, keep=5)) as snapshots:
        show(snapshots, 1, picture=np.zeros((0, 0, 3), np.uint8))
        show(snapshots, 2)
    assert "unforeseen" in caplog.text
    assert minutes_of(names(tmp_path)) == [2]


def test_closing_twice_is_closing_once(tmp_path):
    snapshots = SnapshotFolder(tmp_path, keep=5)
    show(snapshots, 1)
    snapshots.close()
    snapshots.close()
    assert minutes_of(names(tmp_path)) == [1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")
def test_a_disk_that_is_really_full_is_left_with_nothing_half_written(tmp_path, caplog):
    mount = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount a disk")
    try:
        (tmp_path / "full").write_bytes(bytes(12 * 1024))
        with closing(SnapshotFolder(tmp_path, keep=5)) as snapshots:
            show(snapshots, 0, 1, 2, picture=NOISE)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert names(tmp_path) == ["full"]
        (tmp_path / "full").unlink()
        assert minutes_of(keep(tmp_path, 5)) == [5]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
