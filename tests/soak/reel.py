"""Visits before a drawn yard, as fast as the door looks at them: time passes with the pictures."""

from datetime import UTC, datetime, timedelta

from petdoor.core.ports import Frame
from petdoor.errors import EndOfFramesError
from petdoor.scene.scene import Scene
from petdoor.scene.script import Character
from petdoor.scene.weather import CALM

HEIGHT, WIDTH = 240, 320
_SEED = 2
_NEAR_SHARES = (0.26, 0.74)
_NEAR_FRAMES = 12
_EMPTY = "empty"
# A stranger is watched for two seconds, the motion gate holds for two, a visit is over after three.
_VISIT = [(0.2, number) for number in range(_NEAR_FRAMES)]
_GAP = [(0.2, _EMPTY), (2.5, _EMPTY), (1.0, None), (1.0, _EMPTY), (1.0, None), (1.0, _EMPTY), (1.0, _EMPTY)]
_PLAN = [*_VISIT, *_GAP]
"""What one visit is: how many seconds pass, and which picture is there to be seen then, if any."""
_NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSES_A_VISIT = len(_PLAN)


class Reel:
    """A camera before which everybody of the cast comes in turn, and the clock that goes with it."""

    def __init__(self, visits):
        self._visits = visits
        self._reads = 0
        self._now = 1000.0
        scene = Scene(_SEED, visits=len(Character), size=(HEIGHT, WIDTH), weather=CALM)
        self._cast = [_near(scene, visit) for visit in scene.script.visits]
        self._yard = scene.picture(0.0)

    @property
    def passes(self):
        """How many pictures were asked for."""
        return self._reads

    @property
    def coming(self):
        """How many visits are over, when the next picture begins another, or would; else None."""
        visit, place = divmod(self._reads, len(_PLAN))
        return None if place else visit

    @property
    def is_over(self):
        return self._reads >= self._visits * len(_PLAN)

    def clock(self):
        return self._now

    def wall_clock(self):
        return _NOON + timedelta(seconds=self._now)

    def read(self, timeout_seconds):  # noqa: ARG002 -- nobody waits
        if self.is_over:
            self._now += 1.0
            raise EndOfFramesError("everybody has come")
        visit, place = divmod(self._reads, len(_PLAN))
        self._reads += 1
        seconds, shown = _PLAN[place]
        self._now += seconds
        if shown is None:
            return None
        picture = self._yard if shown == _EMPTY else self._cast[visit % len(self._cast)][shown]
        # A new array each time, as from a camera: where one is kept too long, memory grows.
        return Frame(picture.copy(), self._now)

    def close(self):
        """Nothing to let go of."""


def _near(scene, visit):
    """A visitor before the door."""
    first, last = _NEAR_SHARES
    shares = [first + (last - first) * number / (_NEAR_FRAMES - 1) for number in range(_NEAR_FRAMES)]
    return [scene.picture(visit.begins_at + share * visit.seconds) for share in shares]
