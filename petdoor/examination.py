"""Has the camera's picture become one that cannot be trusted, or well again?"""

import logging

from petdoor.core.diagnosis import Diagnosis, diagnose
from petdoor.core.eyesight import EyesightLimits, Impairment
from petdoor.core.ports import Eyes, Frame

log = logging.getLogger(__name__)


class Examination:
    """Examines frames, and learns what is usual from those that are well.

    Args:
        eyes: what measures; None examines nothing.
        limits: what is looked for, and from where on.
    """

    def __init__(self, eyes: Eyes | None, limits: EyesightLimits) -> None:
        self._eyes = eyes
        self._limits = limits
        self._diagnosis = Diagnosis()

    def examine(self, frame: Frame) -> frozenset[Impairment] | None:
        """What is wrong from this frame on; None as long as that is what it was."""
        look = self._eyes.look(frame) if self._eyes else None
        if self._eyes is None or look is None:
            return None
        before = frozenset(self._diagnosis.impairments)
        self._diagnosis = diagnose(self._diagnosis, look, frame.taken_at, self._limits)
        if self._diagnosis.may_learn:
            self._eyes.learn()
        if self._diagnosis.has_adopted:
            hours = self._limits.adopt_seconds / 3600
            log.warning("what the camera shows was steady for %.1f h: it is learnt as the usual view", hours)
        after = frozenset(self._diagnosis.impairments)
        return None if after == before else after
