"""A visit as a photo allows it: the animal is seen in several frames while the door makes up its mind."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from petdoor import pictures
from petdoor.core import decision
from petdoor.core.door import Door
from petdoor.core.events import DoorUnlocked
from petdoor.core.policy import Policy
from petdoor.core.ports import Classifier, Rule
from petdoor.pictures import Picture
from tools.console import Teller
from tools.judging.judge import Judged

_FRAME_SECONDS: Final = 0.2
_SHARE: Final = 0.9
"""Height and width of a frame, as a share of the photo's."""
_NOISE: Final = 4.0
"""The sensor's, as a standard deviation in grey levels of 255."""


def admitted_visits(
    classifier: Classifier, rule: Rule, policy: Policy, judged: Sequence[Judged], *, teller: Teller
) -> tuple[bool, ...]:
    """Whether each animal would have been let in by the frames that the door decides on.

    The frames of a photo are ``policy.window_frames`` parts of it, along a line, each with noise of its own:
    so mild that what a model gets wrong in the photo it often gets wrong in all of them.

    Raises:
        PictureError: a photo cannot be read any more.
    """
    return tuple(
        _is_admitted(classifier, rule, policy, frames)
        for frames in teller.track(
            (
                _frames(pictures.read(photo.path), number, policy.window_frames)
                for number, photo in enumerate(judged)
            ),
            "judging visits",
            total=len(judged),
        )
    )


def _is_admitted(classifier: Classifier, rule: Rule, policy: Policy, frames: Iterator[Picture]) -> bool:
    door = Door()
    for number, frame in enumerate(frames):
        sighting = rule.sighting(classifier.probabilities(frame))
        door, events = decision.step(door, sighting, number * _FRAME_SECONDS, policy)
        if any(isinstance(event, DoorUnlocked) for event in events):
            return True
    return False


def _frames(picture: Picture, seed: int, count: int) -> Iterator[Picture]:
    random = np.random.default_rng(seed)
    height, width = picture.shape[:2]
    high, wide = max(1, round(height * _SHARE)), max(1, round(width * _SHARE))
    places = np.linspace(random.random(2), random.random(2), count)
    for top, left in np.round(places * (height - high, width - wide)).astype(int):
        part = picture[top : top + high, left : left + wide]
        noisy = part + np.float32(_NOISE) * random.standard_normal(part.shape, np.float32)
        yield np.clip(noisy, 0, 255).astype(np.uint8)
