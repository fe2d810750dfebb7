"""How fast, how big, how soon: measured on this machine, in one run."""

import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from petdoor import pictures
from petdoor.adapters.classifier import RUNTIME, TFLiteClassifier
from petdoor.adapters.motion import BackgroundMotionGate
from petdoor.core.decision import step
from petdoor.core.door import Door
from petdoor.core.policy import Policy
from petdoor.core.ports import Frame
from petdoor.core.species import MassRule
from petdoor.errors import PetDoorError
from petdoor.pictures import Picture

FRAME_SIZE: Final = (480, 640)
_WARM_UP_RUNS: Final = 20
_STARTS: Final = 3
_SETTLE_SECONDS: Final = 3.0


def bench(model: Path, *, runs: int, threads: int, say: Callable[[str], object]) -> None:
    """Measure and tell; bare inference and whole pass alternate, so that both see the same machine.

    Raises:
        ModelError: the model cannot be used.
        PetDoorError: the door did not start.
    """
    frames = [_frame(seed) for seed in range(8)]
    bare, whole = _passes(TFLiteClassifier(model, threads=threads), frames, runs)
    say(f"{RUNTIME}, {threads} thread(s), {model}, {FRAME_SIZE[1]}x{FRAME_SIZE[0]} frames, medians of {runs}")
    say(f"bare invoke        {median(bare) * 1e3:8.2f} ms")
    say(f"whole pass         {median(whole) * 1e3:8.2f} ms  motion, resize, invoke, softmax, rule, decision")
    say(f"whole / bare       {median(w / b for w, b in zip(whole, bare, strict=True)):8.3f}")
    with tempfile.TemporaryDirectory() as folder:
        starts = [_start(Path(folder), model, threads, frames) for _ in range(_STARTS)]
    say(f"start to ready     {median(s for s, _ in starts):8.2f} s   petdoor run, until it watches")
    say(f"resident memory    {max(m for _, m in starts) / 1e6:8.1f} MB  watching for {_SETTLE_SECONDS:.0f} s")


def _passes(
    classifier: TFLiteClassifier, frames: Sequence[Picture], runs: int
) -> tuple[list[float], list[float]]:
    rule, policy, gate = MassRule(classifier.ranges), Policy(), BackgroundMotionGate()
    door, bare, whole = Door(), [], []
    for run in range(-_WARM_UP_RUNS, runs):
        began = time.perf_counter()
        classifier.invoke()
        invoked = time.perf_counter()
        frame = Frame(frames[run % len(frames)], taken_at=invoked)
        gate.is_open(frame)
        door, _ = step(door, rule.sighting(classifier.probabilities(frame.pixels)), invoked, policy)
        ended = time.perf_counter()
        if run >= 0:
            bare.append(invoked - began)
            whole.append(ended - invoked)
    return bare, whole


def _start(folder: Path, model: Path, threads: int, frames: Sequence[Picture]) -> tuple[float, int]:
    """Seconds from process start to ready, and resident bytes some seconds later."""
    for number, frame in enumerate(frames):
        (folder / f"{number}.jpg").write_bytes(pictures.encode_jpeg(frame))
    config = folder / "config.yaml"
    config.write_text(f"model:\n  threads: {threads}\nlatch:\n  pins: simulated\n")
    command = [sys.executable, "-m", "petdoor", "run", "--config", str(config), "--model", str(model)]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--source", str(folder), "--loop"], stderr=subprocess.PIPE, text=True
    ) as door:
        try:
            ready = _wait_until_ready(door, began)
            time.sleep(_SETTLE_SECONDS)
            return ready, _resident_bytes(door.pid)
        finally:
            door.send_signal(signal.SIGTERM)


def _wait_until_ready(door: "subprocess.Popen[str]", began: float) -> float:
    assert door.stderr is not None
    said = []
    for line in door.stderr:
        said.append(line)
        if "ready:" in line:
            return time.perf_counter() - began
    raise PetDoorError(f"the door did not start: {''.join(said)}")


def _resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


def _frame(seed: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, (*FRAME_SIZE, 3), np.uint8)
