"""Plays a folder of pictures as ``rpicam-vid`` would: raw YUV 4:2:0 on standard output.

The folder is in ``PLAYER_FOLDER``. Having shown it all, it dies with a complaint.
"""

import os
import sys
import time

import cv2
import numpy as np

from petdoor import pictures


def frames(folder, width, height):
    for path in pictures.find(folder):
        squeezed = np.empty((height, width, 3), np.uint8)
        pictures.resize_into(pictures.read(path), squeezed)
        yield cv2.cvtColor(squeezed, cv2.COLOR_RGB2YUV_I420).tobytes()


def main(options):
    width, height = (int(options[options.index(name) + 1]) for name in ("--width", "--height"))
    fps = float(options[options.index("--framerate") + 1])
    for frame in list(frames(os.environ["PLAYER_FOLDER"], width, height)):
        sys.stdout.buffer.write(frame)
        sys.stdout.buffer.flush()
        time.sleep(1 / fps)
    sys.exit("the ribbon cable came loose")


if __name__ == "__main__":
    main(sys.argv)
