"""Every fault, what the door must do about it, and how long that took."""

import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from petdoor import modelfile
from tests.brokers import Mosquitto
from tests.faults import pins
from tests.faults.trial import PIN, FaultError, Trial

_DAY_SECONDS = 86_400.0
_HOG_BYTES = 2**27
_HOG = f"import signal; held = b'x' * {_HOG_BYTES}; signal.pause()"
NOTHING = "nothing"
MEANWHILE = "what came meanwhile"


@dataclass(frozen=True)
class Report:
    """A row of the table.

    Attributes:
        did: what the door did.
        safe_seconds: how long after the fault the pin was low; None where the door went on working.
        well_seconds: how long after the fault had ended the door was well again; None where it always was.
        lost: what was lost.
    """

    did: str
    safe_seconds: float | None
    well_seconds: float | None
    lost: str


def _ended(trial: Trial, end: Callable[[int], object], did: str) -> Report:
    trial.start()
    trial.watches()
    trial.opens()
    at = time.monotonic()
    end(trial.door)
    safe = trial.safe_after(at)
    trial.shows("empty")
    trial.watches(2)
    trial.works_again()
    assert trial.manager
    did = did.format(how=_ending(trial.manager.ends[0]))
    return Report(did, safe, trial.manager.ready_at[1] - at, "the visit it saw")


def _ending(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"


def sigterm(trial: Trial) -> Report:
    did = "locks, says goodbye ({how}), is started again"
    return _ended(trial, lambda door: os.kill(door, signal.SIGTERM), did)


def sigkill(trial: Trial) -> Report:
    did = "`petdoor lock` lets the bolt fall, the door is started again"
    return _ended(trial, lambda door: os.kill(door, signal.SIGKILL), did)


def sigstop(trial: Trial) -> Report:
    did = "the watchdog ends it ({how}), `petdoor lock` lets the bolt fall, it is started again"
    return _ended(trial, lambda door: os.kill(door, signal.SIGSTOP), did)


def out_of_memory(trial: Trial) -> Report:
    did = "the kernel kills it ({how}), `petdoor lock` lets the bolt fall, it is started again"
    with scarce_memory() as starve:
        return _ended(trial, starve, did)


@contextmanager
def scarce_memory() -> Iterator[Callable[[int], object]]:
    """What makes another process eat all memory there is, and a process the first to die of it.

    Needs a control group, which only root can make: the rest of the machine is to live.
    """
    group = _memory_group(_HOG_BYTES // 2)
    join_and_eat = [
        "sh",
        "-c",
        'echo 0 > "$0/cgroup.procs"; exec "$@"',
        str(group),
        sys.executable,
        "-c",
        _HOG,
    ]
    hogs: list[subprocess.Popen[bytes]] = []

    def starve(door: int) -> None:
        Path(f"/proc/{door}/oom_score_adj").write_text("1000")
        (group / "cgroup.procs").write_text(str(door))
        hogs.append(subprocess.Popen(join_and_eat))

    try:
        yield starve
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()
        group.rmdir()


def _memory_group(limit_bytes: int) -> Path:
    for parent, limit in (("", "memory.max"), ("memory", "memory.limit_in_bytes")):
        group = Path("/sys/fs/cgroup") / parent / f"petdoor-faults-{os.getpid()}"
        with suppress(OSError):
            group.mkdir()
        if (group / limit).exists():
            (group / limit).write_text(str(limit_bytes))
            return group
        with suppress(OSError):
            group.rmdir()
    raise PermissionError("needs root and a control group for memory")


def camera_gone(trial: Trial) -> Report:
    trial.start()
    trial.watches()
    trial.opens()
    at = time.monotonic()
    trial.shows("gone")
    safe = trial.safe_after(at)
    line = trial.hears("no cameras available")
    time.sleep(2.0)
    trial.shows("empty")
    well = trial.until(lambda: "camera is back" in trial.said, "the camera is back")
    trial.works_again()
    return Report(f"locks: `{_words(line)}`; opens the camera again and again", safe, well, MEANWHILE)


def camera_frozen(trial: Trial) -> Report:
    trial.start()
    trial.watches()
    trial.opens()
    at = time.monotonic()
    trial.shows("frozen")
    safe = trial.safe_after(at)
    line = trial.hears("frozen")
    trial.shows("empty")
    well = trial.until(lambda: "camera is back" in trial.said, "the camera is back")
    trial.works_again()
    did = f"a picture repeated is no sight of a dog: locks when its time is over, then `{_words(line)}`"
    return Report(did, safe, well, MEANWHILE)


def camera_black(trial: Trial) -> Report:
    trial.start()
    trial.watches()
    trial.opens()
    at = time.monotonic()
    trial.shows("black")
    safe = trial.safe_after(at)
    line = trial.hears("the picture is black")
    told = time.monotonic() - at
    trial.listener.wait_for("petdoor/petdoor/problem/state", "ON")
    heard = len(trial.said)
    trial.shows("empty")
    well = trial.until(lambda: "solved" in trial.said[heard:], "the picture is well")
    trial.works_again()
    return Report(
        f"locks; after {told:.0f} s `{_words(line)}`, stays locked until it sees", safe, well, NOTHING
    )


def model_swapped(trial: Trial) -> Report:
    file = modelfile.read(trial.model)
    assert file.metadata
    assert file.labels
    told = file.metadata.facts
    species = {"cow" if name == "cat" else name: ranges for name, ranges in told["species"].items()}
    labels = ["cow" if label == "cat" else label for label in file.labels]
    with zipfile.ZipFile(trial.model) as tail:
        network = file.content[: tail.infolist()[0].header_offset]
    content = modelfile.pack(network, labels, {**told, "species": species})
    return _model_refused(trial, content, "knows nothing called cat")


def model_truncated(trial: Trial) -> Report:
    content = trial.model.read_bytes()
    return _model_refused(trial, content[: len(content) // 2], "the model file is damaged")


def _model_refused(trial: Trial, content: bytes, words: str) -> Report:
    trial.start()
    trial.watches()
    before = trial.door
    trial.model.write_bytes(content)
    os.kill(before, signal.SIGHUP)
    line = trial.hears(words)
    trial.works_again()
    if trial.door != before:
        raise FaultError("the door was started again")
    return Report(f"refuses it and goes on with the old one: `{_words(line)}`", None, None, NOTHING)


def model_truncated_at_the_start(trial: Trial) -> Report:
    content = trial.model.read_bytes()
    trial.model.write_bytes(content[: len(content) // 2])
    trial.start()
    assert trial.manager
    manager = trial.manager
    trial.until(lambda: len(manager.ends) >= 2, "it tries again")
    trial.model.write_bytes(content)
    well = trial.watches()
    trial.works_again()
    return Report("stays locked, and tries again and again", 0.0, well, MEANWHILE)


def broker_gone(trial: Trial) -> Report:
    return _without_broker(
        trial, trial.broker.kill, "goes on; tells later what it could not tell, marked as replayed"
    )


def broker_refuses(trial: Trial) -> Report:
    guard = trial.folder / "nobody"
    guard.touch(mode=0o600)

    def turn_away() -> None:
        trial.broker.stop()
        trial.broker = Mosquitto(trial.folder, password_file=guard, port=trial.broker.port)
        trial.broker.start()

    return _without_broker(
        trial, turn_away, "goes on, and says once that it is refused; tells later what it could not"
    )


def _without_broker(trial: Trial, end: Callable[[], object], did: str) -> Report:
    trial.start()
    trial.watches()
    trial.listener.wait_for("petdoor/petdoor/availability", "online")
    end()
    trial.works_again()
    trial.works_again()
    trial.broker.stop()
    trial.broker = Mosquitto(trial.folder, port=trial.broker.port)
    trial.broker.start()
    at = time.monotonic()
    last = "door_locked"
    trial.until(lambda: len(_events(trial, "event/replayed", last)) >= 2, "the last event is replayed")
    well = time.monotonic() - at
    trial.works_again()
    return Report(did, None, well, _missing_dogs(trial))


def _missing_dogs(trial: Trial) -> str:
    told = trial.said.count("Doggy come on in!")
    trial.until(lambda: len(_events(trial, "", "animal_admitted")) >= told, "every dog is told of")
    return f"{told - len(_events(trial, '', 'animal_admitted'))} of {told} dogs"


def _events(trial: Trial, topic: str, kind: str) -> list[str]:
    heard = [payload for at, payload, _ in trial.listener.heard if "/event" in at and topic in at]
    return [payload for payload in heard if f'"event_type": "{kind}"' in payload]


@contextmanager
def small_disk(trial: Trial) -> Iterator[None]:
    """A disk of 256 kB at the trial's place for pictures; only root can have one."""
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "disk", str(trial.disk)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise PermissionError("only root may mount a small disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(trial.disk)], check=True)


def disk_full(trial: Trial) -> Report:
    with small_disk(trial):
        filler = trial.disk / "somebody-elses"

        def fill() -> None:
            for picture in (trial.disk / "seen").iterdir():
                picture.unlink()  # else the door makes room with its own
            with filler.open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(4096))
                except OSError:
                    return

        return _without_disk(trial, fill, filler.unlink, "No space left on device")


def disk_read_only(trial: Trial) -> Report:
    with small_disk(trial):

        def remount(how: str) -> None:
            subprocess.run(["mount", "-o", f"remount,{how}", str(trial.disk)], check=True)

        return _without_disk(trial, lambda: remount("ro"), lambda: remount("rw"), "Read-only file system")


def _without_disk(trial: Trial, end: Callable[[], object], mend: Callable[[], object], words: str) -> Report:
    trial.start()
    trial.watches()
    trial.works_again()
    end()
    trial.works_again()
    line = trial.hears("cannot keep a snapshot: [Errno")
    if words not in line:
        raise FaultError(line)
    trial.listener.wait_for("petdoor/petdoor/problem/state", "ON")
    mend()
    at = time.monotonic()
    trial.works_again()
    trial.hears("snapshots are kept again")
    well = time.monotonic() - at
    return Report(f"goes on, and raises a problem: `{_words(line)}`", None, well, "the pictures meanwhile")


@contextmanager
def freezing_disk(trial: Trial) -> Iterator[Callable[[str], None]]:
    """A disk below what the door keeps, and what freezes it (``-f``) so that nothing answers, or thaws it."""
    image, state = trial.folder / "image", trial.folder / "state"
    with image.open("wb") as file:
        file.truncate(16 * 2**20)
    state.mkdir()
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True, env={"PATH": "/usr/sbin:/sbin:/usr/bin:/bin"})
    if subprocess.run(["mount", "-o", "loop", image, state], capture_output=True, check=False).returncode:
        raise PermissionError("only root may mount a disk in a file")

    def freeze(how: str) -> None:
        subprocess.run(["fsfreeze", how, state], check=True, capture_output=True)

    try:
        yield freeze
    finally:
        with suppress(subprocess.CalledProcessError):
            freeze("-u")
        subprocess.run(["umount", "--lazy", state], check=True)


def disk_hangs(trial: Trial) -> Report:
    with freezing_disk(trial) as freeze:
        trial.start()
        trial.watches()
        trial.works_again()
        freeze("-f")
        trial.works_again()
        line = trial.hears("does not answer")
        for verb, asked in (("lock", {}), ("mode", {"value": "observe"}), ("mode", {"value": "auto"})):
            answer = trial.listener.ask("petdoor/petdoor", verb, **asked)
            if answer["status"] != "ok":
                raise FaultError(str(answer))
        trial.works_again()
        freeze("-u")
        at = time.monotonic()
        trial.hears("solved: outbox")
        well = time.monotonic() - at
        trial.works_again()
        lost = _missing_dogs(trial)
    return Report(f"goes on, obeys orders, and raises a problem: `{_words(line)}`", None, well, lost)


def gpio_busy(trial: Trial) -> Report:
    held = pins.take(trial.folder / "pins", PIN)
    trial.start()
    assert trial.manager
    manager = trial.manager
    trial.until(lambda: len(manager.ends) >= 2, "it tries again")
    line = trial.hears("GPIO busy")
    os.close(held)
    well = trial.watches()
    trial.works_again()
    return Report(f"does not start: `{_words(line)}`; tries again and again", 0.0, well, MEANWHILE)


def _clock(trial: Trial, seconds: float) -> Report:
    trial.start()
    trial.watches()
    trial.opens()
    at = time.monotonic()
    trial.sets_clock(seconds)
    line = trial.hears("clock")
    trial.shows("empty")
    safe = trial.safe_after(at)
    trial.works_again()
    return Report(f"goes by its own clock, and says `{_words(line)}`", safe, None, NOTHING)


def clock_forwards(trial: Trial) -> Report:
    return _clock(trial, _DAY_SECONDS)


def clock_back(trial: Trial) -> Report:
    return _clock(trial, -_DAY_SECONDS)


def _words(line: str) -> str:
    """A line of the log without its time and level."""
    return re.sub(r"^\S+ +[A-Z]+ +", "", line)


ALL: dict[str, Callable[[Trial], Report]] = {
    "camera gone, dog in the door": camera_gone,
    "camera frozen on a dog": camera_frozen,
    "camera black": camera_black,
    "model swapped for one that knows no cat, then SIGHUP": model_swapped,
    "model truncated, then SIGHUP": model_truncated,
    "model truncated at the start": model_truncated_at_the_start,
    "broker gone": broker_gone,
    "broker refuses": broker_refuses,
    "disk full": disk_full,
    "disk read-only": disk_read_only,
    "disk hangs": disk_hangs,
    "GPIO busy at the start": gpio_busy,
    "clock a day forwards, door open": clock_forwards,
    "clock a day back, door open": clock_back,
    "SIGTERM, door open": sigterm,
    "SIGKILL, door open": sigkill,
    "SIGSTOP, door open, never continued": sigstop,
    "out of memory, door open": out_of_memory,
}
