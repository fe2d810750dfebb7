"""Plays ``rpicam-vid`` before a drawn yard; the file ``mode`` says what is to be seen, or wrong.

``FAULTS_FOLDER`` holds it, and the frames that ``draw`` made.
"""

import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

from petdoor.scene.scene import Scene
from petdoor.scene.script import Character
from petdoor.scene.weather import CALM

WIDTH, HEIGHT, FPS = 320, 240, 10
_NOISE = 4
_BLACK = 16


def draw(folder: Path) -> None:
    """The frames of an empty yard, and of a dog that stands before the door."""
    scene = Scene(seed=2, visits=1, size=(HEIGHT, WIDTH), weather=CALM)
    while scene.script.visits[0].character is not Character.DOG:
        raise RuntimeError("the first visit of this seed is no dog's")
    visit = scene.script.visits[0]
    middle = (visit.begins_at + visit.ends_at) / 2
    moments = {"empty": np.zeros(1), "dog": middle + np.arange(10) / FPS}
    for mode, seconds in moments.items():
        frames = [cv2.cvtColor(scene.picture(float(at)), cv2.COLOR_RGB2YUV_I420) for at in seconds]
        np.save(folder / f"{mode}.npy", np.stack(frames))


def play(folder: Path) -> None:
    """Frames for as long as somebody reads them."""
    random = np.random.default_rng()
    frames = {mode: np.load(folder / f"{mode}.npy") for mode in ("empty", "dog")}
    sent, number = frames["empty"][0], 0
    while True:
        mode = (folder / "mode").read_text()
        if mode == "gone":
            sys.exit("ERROR: *** no cameras available! ***")
        if mode == "black":
            sent = np.full_like(sent, 128)
            sent[:HEIGHT] = _BLACK + random.integers(0, _NOISE, (HEIGHT, WIDTH))
        elif mode != "frozen":
            number += 1
            sent = frames[mode][number % len(frames[mode])].copy()
            sent[:HEIGHT] = np.clip(sent[:HEIGHT] + random.integers(0, _NOISE, (HEIGHT, WIDTH)), 16, 235)
        sys.stdout.buffer.write(sent.tobytes())
        sys.stdout.buffer.flush()
        time.sleep(1 / FPS)


if __name__ == "__main__":
    play(Path(os.environ["FAULTS_FOLDER"]))
