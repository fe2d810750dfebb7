"""Plays ``rpicam-vid``: raw I420 frames of known colours on stdout, and every way to fail."""

import argparse
import json
import signal
import sys
from pathlib import Path

RED, GREEN, BLUE = (82, 90, 240), (145, 54, 34), (41, 240, 110)
"""Luma and both chromas of the pure colours, as cameras send them (BT.601, studio range)."""
COLOURS = (RED, GREEN, BLUE)


def frame(number, width, height):
    """The planes of a frame, all of one colour."""
    luma, blue, red = COLOURS[number % len(COLOURS)]
    quarter = width * height // 4
    return bytes([luma]) * (4 * quarter) + bytes([blue]) * quarter + bytes([red]) * quarter


def options(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["play", "die", "stall", "ignore-sigterm"], default="play")
    parser.add_argument("--frames", type=int, default=3, help="how many before whatever the mode says")
    parser.add_argument("--arguments-file", type=Path, help="where to write what it was started with")
    parser.add_argument("--width", type=int, required=True)
    parser.add_argument("--height", type=int, required=True)
    return parser.parse_known_args(arguments)[0]


def main(arguments):
    wanted = options(arguments)
    if wanted.arguments_file:
        wanted.arguments_file.write_text(json.dumps(arguments))
    if wanted.mode == "ignore-sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for number in range(wanted.frames):
        sys.stdout.buffer.write(frame(number, wanted.width, wanted.height))
    if wanted.mode == "stall":
        sys.stdout.buffer.write(frame(0, wanted.width, wanted.height)[: wanted.width])
    sys.stdout.buffer.flush()
    if wanted.mode == "die":
        sys.exit("Starting the camera\n\nERROR: *** the camera is unplugged ***\n\n")
    while True:
        signal.pause()


if __name__ == "__main__":
    main(sys.argv[1:])
