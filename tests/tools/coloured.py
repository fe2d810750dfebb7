"""Plain photos and a tiny model that knows red from green from blue: red is a dog, green a cat."""

import cv2
import numpy as np

from petdoor import modelfile
from tools.data.dataset import Dataset, Example

RED, GREEN, BLUE = (240, 15, 15), (15, 240, 15), (15, 15, 240)
COLOURS = {"red": RED, "green": GREEN, "blue": BLUE}
SPECIES = {"dog": [[0, 0]], "cat": [[1, 1]]}


class SilentTeller:
    """Keeps what it is told."""

    def __init__(self):
        self.said = []

    def say(self, sentence):
        self.said.append(sentence)

    def track(self, items, doing, *, total):
        self.said.append(f"{doing} {total}")
        yield from items


def paint(path, colour, size=(24, 36)):
    """A picture all of one colour, RGB; PNG keeps it exactly."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written by ourselves: imwrite crashes on a name that is no text.
    _, png = cv2.imencode(".png", np.full((*size, 3), colour[::-1], np.uint8))
    path.write_bytes(png.tobytes())
    return path


def folder_of(root, painted):
    """Class folders: ``{"dog": [RED, RED], "cat": [GREEN]}``."""
    for name, colours in painted.items():
        for number, colour in enumerate(colours):
            paint(root / name / f"{number}.png", colour)
    return dataset_of(root)


def dataset_of(root):
    """The class folders there, as a data set."""
    classes = tuple(sorted(path.name for path in root.iterdir()))
    paths = [(label, path) for label, name in enumerate(classes) for path in sorted((root / name).iterdir())]
    return Dataset(str(root), classes, tuple(Example(path, label) for label, path in paths))


def packed(tiny_models, path, *, labels=("red", "green", "blue"), species=None, threshold=0.5, veto=None):
    """The tiny model with labels and facts of its own."""
    facts = {
        "backbone": "tiny",
        "output": "logits",
        "species": SPECIES if species is None else species,
        "threshold": threshold,
        **({} if veto is None else {"veto": veto}),
    }
    content = (tiny_models / "uint8_logits.tflite").read_bytes()
    path.write_bytes(modelfile.pack(content, labels, facts))
    return path
