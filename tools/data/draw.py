"""Labelled pictures that nobody had to take: the drawn yard's visitors, and two animals side by side."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from petdoor import pictures
from petdoor.core.species import CAT, DOG, OTHER
from petdoor.errors import DataError
from petdoor.pictures import Picture
from petdoor.scene.scene import portrait
from petdoor.scene.script import Character
from petdoor.scene.weather import CALM
from tools.console import Teller
from tools.data.folders import visible_pictures

_QUALITY: Final = 90
_FRAMES: Final = ((480, 640), (240, 320))
"""Height and width of the cameras' pictures that drawn ones are made from."""
_CALM_SHARE: Final = 0.2
_SALT: Final = 77
"""Keeps these pictures apart from every demonstration's."""
_PAIR_SALTS: Final = {CAT: 78, DOG: 79}
_SPLIT: Final = (0.35, 0.65)
_DEAL: Final = (
    *(Character.DOG, Character.RACCOON, Character.CAT, Character.WIND, Character.DOG),
    *(Character.PERSON, Character.DOG_AND_CAT, Character.DOG, None, Character.CAT),
)
"""Who is drawn, by turns; None is the empty yard."""
_OURS: Final = ("dog/drawn-*.jpg", "cat/drawn-*.jpg", "other/drawn-*.jpg", "cat/pair-*.jpg", "dog/pair-*.jpg")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What ``tools draw`` is told.

    Attributes:
        folder: where the class folders dog, cat and other go.
        pictures: how many drawn ones.
        size: height and width of each, in pixels.
        seed: decides what they show.
        photos: class folders dog and cat of real photos; None for no pairs.
        pairs: how many of a dog beside a cat, labelled cat: a cat in view bars the door.
        dog_pairs: how many of two dogs, labelled dog, so that the seam between two photos says nothing.
    """

    folder: Path
    pictures: int
    size: int
    seed: int
    photos: Path | None = None
    pairs: int = 0
    dog_pairs: int = 0

    def check(self) -> None:
        """Refuse to begin what cannot end well.

        Raises:
            DataError: pairs lack their photos, or the folder holds something else.
        """
        if (self.pairs or self.dog_pairs) and self.photos is None:
            raise DataError(
                "--pairs are made of photos: name their folder, with dog/ and cat/, with --photos"
            )
        strangers = [path for path in self.folder.rglob("*") if path.is_file() and not self._is_ours(path)]
        if strangers:
            raise DataError(f"{self.folder} holds something else, as {min(strangers)}: name another --output")

    def _is_ours(self, path: Path) -> bool:
        name = path.relative_to(self.folder).as_posix()
        return any(fnmatchcase(name, pattern) for pattern in _OURS)


def draw(drawing: Drawing, teller: Teller) -> None:
    """Write the pictures; those of an earlier drawing go first. The same seed writes the same bytes.

    Raises:
        DataError: there are no photos to pair, or the folder holds something else.
        PictureError: a photo cannot be read.
        OSError: a file cannot be written.
    """
    drawing.check()
    made = [*_pairs(drawing, CAT, drawing.pairs), *_pairs(drawing, DOG, drawing.dog_pairs), *_drawn(drawing)]
    for path in (path for pattern in _OURS for path in drawing.folder.glob(pattern)):
        path.unlink()
    for piece in teller.track(made, "drawing", total=len(made)):
        path = drawing.folder / piece.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures.encode_jpeg(piece.picture(), _QUALITY))
    counts = Counter(piece.name.partition("/")[0] for piece in made)
    told = ", ".join(f"{counts[species]} {species}" for species in (DOG, CAT, OTHER))
    teller.say(f"wrote {len(made)} pictures to {drawing.folder}: {told}")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A picture to be made, and its path within the folder."""

    name: str
    picture: Callable[[], Picture]


def _drawn(drawing: Drawing) -> Iterator[_Piece]:
    for number in range(drawing.pictures):
        character = _DEAL[number % len(_DEAL)]
        name = f"{_species(character)}/drawn-{number + 1:05}.jpg"
        yield _Piece(name, partial(_portrait, drawing, character, number))


def _portrait(drawing: Drawing, character: Character | None, number: int) -> Picture:
    """Drawn again until enough of the character is in view to bear its name."""
    random = np.random.default_rng((drawing.seed, _SALT, number))
    species, size = _species(character), _FRAMES[random.integers(len(_FRAMES))]
    weather = CALM if random.random() < _CALM_SHARE else None
    while (drawn := portrait(character, random, size=size, weather=weather)).species != species:
        pass
    return pictures.resized(drawn.picture, (drawing.size, drawing.size))


def _species(character: Character | None) -> str:
    return (character and character.species) or OTHER


def _pairs(drawing: Drawing, beside: str, count: int) -> Iterator[_Piece]:
    """Dogs, each with an animal of the other kind, or of its own, beside it."""
    if not count or drawing.photos is None:
        return
    dogs, others = (_photos(drawing.photos / species) for species in (DOG, beside))
    for number in range(count):
        random = np.random.default_rng((drawing.seed, _PAIR_SALTS[beside], number))
        paths = dogs[random.integers(len(dogs))], others[random.integers(len(others))]
        yield _Piece(
            f"{beside}/pair-{number + 1:05}.jpg", partial(_side_by_side, paths, drawing.size, random)
        )


def _side_by_side(paths: tuple[Path, Path], size: int, random: np.random.Generator) -> Picture:
    """The middle of both, in either order; the seam lies somewhere about the middle."""
    one, other = (paths[place] for place in random.permutation(2))
    wide = round(size * random.uniform(*_SPLIT))
    parts = [pictures.resized(pictures.read(one), (size, wide))]
    parts.append(pictures.resized(pictures.read(other), (size, size - wide)))
    return np.hstack(parts)


def _photos(folder: Path) -> list[Path]:
    found = visible_pictures(folder) if folder.is_dir() else []
    if not found:
        raise DataError(f"{folder}: no photos there to put side by side")
    return found
