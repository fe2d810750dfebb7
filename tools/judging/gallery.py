"""Which photos a report shows, and the photos made small enough for it."""

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from petdoor import pictures
from petdoor.core.events import Verdict
from petdoor.errors import PictureError
from tools.judging.conduct import in_order
from tools.judging.evaluate import Evaluation
from tools.judging.judge import Judged, admission_probability

_LONGEST_SIDE: Final = 240
_QUALITY: Final = 75


@dataclass(frozen=True, slots=True)
class Mistake:
    """A photo that was judged wrongly.

    Attributes:
        photo: the photo.
        wrong: in what way.
        confidence: how sure the model was of what is wrong, 0..1; where a barred species kept the door
            locked, the probability of that one.
        is_at_the_door: whether the door did wrong, and did not merely take one thing for another.
    """

    photo: Judged
    wrong: str
    confidence: float
    is_at_the_door: bool


def mistakes(evaluation: Evaluation) -> list[Mistake]:
    """Every mistake: those of the door first, then the most confident ones first."""
    found = [mistake for photo in evaluation.judged if (mistake := _mistake(evaluation, photo))]
    return sorted(found, key=lambda m: (not m.is_at_the_door, -m.confidence))


def telling_few(evaluation: Evaluation) -> list[Judged]:
    """Of every true species the photo the model knew best, and the one it knew least."""
    chosen: list[Judged] = []
    for species in in_order(photo.truth for photo in evaluation.judged):
        of_species = [photo for photo in evaluation.judged if photo.truth == species]
        expected = evaluation.expected(species)
        by_certainty = sorted(of_species, key=lambda photo: -photo.sighting.probability(expected))
        chosen += by_certainty[:1] + by_certainty[1:][-1:]
    return chosen


def thumbnail(path: Path) -> str | None:
    """The whole picture, small, as a data URI; None when it can no longer be read."""
    try:
        pixels = pictures.read(path)
    except PictureError:
        return None
    height, width = pixels.shape[:2]
    shrink = min(1.0, _LONGEST_SIDE / max(height, width))
    small = pictures.resized(pixels, (max(1, round(height * shrink)), max(1, round(width * shrink))))
    return f"data:image/jpeg;base64,{base64.b64encode(pictures.encode_jpeg(small, _QUALITY)).decode()}"


def _mistake(evaluation: Evaluation, photo: Judged) -> Mistake | None:
    if not evaluation.is_door_right(photo):
        return _door_mistake(evaluation, photo)
    seen = photo.sighting
    if seen.species != evaluation.expected(photo.truth):
        wrong = f"{photo.truth} seen as {seen.species}"
        return Mistake(photo, wrong, seen.confidence, is_at_the_door=False)
    if photo.rank is not None and photo.rank > 1:
        wrong = f"{evaluation.class_names[photo.label]} seen as {photo.top[0].label}"
        return Mistake(photo, wrong, photo.top[0].probability, is_at_the_door=False)
    return None


def _door_mistake(evaluation: Evaluation, photo: Judged) -> Mistake:
    welcome = admission_probability(photo.sighting, evaluation.policy)
    if photo.verdict is Verdict.ADMIT:
        return Mistake(photo, f"{photo.truth} admitted", welcome, is_at_the_door=True)
    wrong = f"{photo.truth} {photo.verdict.past}"
    if photo.verdict is not Verdict.KEEP_IN:
        return Mistake(photo, wrong, 1 - welcome, is_at_the_door=True)
    name = max(in_order(evaluation.policy.keep_in), key=photo.sighting.probability)
    barring = photo.sighting.probability(name)
    return Mistake(photo, f"{wrong}, for {name}", barring, is_at_the_door=True)
