"""Judging single pictures with the very parts the door uses."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from petdoor import pictures
from petdoor.adapters.classifier import ClassScore, TFLiteClassifier
from petdoor.core.decision import verdict
from petdoor.core.events import Verdict
from petdoor.core.policy import Policy
from petdoor.core.ports import Rule
from petdoor.core.species import Sighting
from petdoor.errors import PictureError
from petdoor.pictures import Picture


@dataclass(frozen=True, slots=True)
class Judgement:
    """One picture, judged.

    Attributes:
        image: the file.
        picture: its pixels, RGB.
        verdict: what the door would do, were all its frames like this one.
        sighting: the species and their probabilities.
        top: the most probable classes, best first.
        inference_ms: from pixels to probabilities.
    """

    image: Path
    picture: Picture
    verdict: Verdict
    sighting: Sighting
    top: tuple[ClassScore, ...]
    inference_ms: float

    @property
    def headline(self) -> str:
        """What the animal hears; the verdict where that is nothing."""
        return self.verdict.sentence(self.sighting.species) or self.verdict.past

    def as_json(self) -> dict[str, Any]:
        """The judgement as JSON-ready values."""
        return {
            "image": str(self.image),
            "verdict": self.verdict.value,
            "species": self.sighting.species,
            "message": self.verdict.sentence(self.sighting.species),
            "probabilities": {s: round(p, 4) for s, p in self.sighting.probabilities.items()},
            "top": [
                {"index": t.index, "label": t.label, "probability": round(t.probability, 4)} for t in self.top
            ],
            "inference_ms": round(self.inference_ms, 2),
        }

    def as_text(self) -> str:
        """The judgement as a few lines for a person."""
        species = ", ".join(f"{s} {p:.2f}" for s, p in self.sighting.probabilities.items())
        lines = [
            f"{self.image}: {self.headline}",
            f"    {species}  ({self.inference_ms:.1f} ms)",
        ]
        return "\n".join(lines + [f"    {t.probability:6.1%}  {t.label}" for t in self.top])


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A picture that could not be judged, and why."""

    image: Path
    error: str

    def as_json(self) -> dict[str, Any]:
        """The failure as JSON-ready values."""
        return {"image": str(self.image), "error": self.error}

    def as_text(self) -> str:
        """The failure as a line for a person."""
        return self.error


def judge_all(
    images: Sequence[Path], classifier: TFLiteClassifier, rule: Rule, policy: Policy, *, top: int
) -> Iterator[Judgement | Unreadable]:
    """Judge the pictures one after another; one that cannot be read does not stop the others."""
    for image in images:
        try:
            picture = pictures.read(image)
        except PictureError as error:
            yield Unreadable(image, str(error))
            continue
        began = time.perf_counter()
        probabilities = classifier.probabilities(picture)
        inference_ms = (time.perf_counter() - began) * 1000
        sighting = rule.sighting(probabilities)
        best = tuple(classifier.top(probabilities, top))
        yield Judgement(image, picture, verdict(sighting, policy), sighting, best, inference_ms)
