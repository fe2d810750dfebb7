"""Small real pictures in files, for whatever reads folders of them."""

import numpy as np

from petdoor import pictures


def scene(seed, height=48, width=64):
    """A smooth picture of its own: large patches that survive another size and quality."""
    patches = np.random.default_rng(seed).integers(0, 256, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return pictures.resized(np.kron(patches, np.ones((8, 8, 1), np.uint8)), (height, width))


def jpeg(path, picture, quality=90):
    """Write a picture as JPEG; its folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pictures.encode_jpeg(picture, quality))
    return path


def class_folders(folder, **counts):
    """Folders of so many different pictures each: ``dog=3`` makes dog/0.jpg to dog/2.jpg."""
    for which, (name, count) in enumerate(counts.items()):
        for number in range(count):
            jpeg(folder / name / f"{number}.jpg", scene(1000 * which + number))
    return folder
