"""Small noisy pictures that a small network can tell apart: reddish dogs, greenish cats, bluish others."""

import numpy as np

from tests.pictures_on_disk import jpeg

TINTS = {"dog": (150, 90, 90), "cat": (90, 150, 90), "other": (90, 90, 150)}


def tinted(name, seed, height=40, width=48):
    """A noisy picture of the class's tint."""
    noise = np.random.default_rng((seed, len(name))).normal(0, 40, (height, width, 3))
    return np.clip(np.add(TINTS[name], noise), 0, 255).astype(np.uint8)


def tinted_folder(folder, *, each=20):
    """Class folders dog, cat and other of so many pictures each."""
    for name in TINTS:
        for number in range(each):
            jpeg(folder / name / f"{number}.jpg", tinted(name, number))
    return folder
