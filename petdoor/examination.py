"""Has the camera's picture become one that cannot be trusted, or well again?"""

from petdoor.core.eyesight import Diagnosis, EyesightLimits, Impairment, diagnose
from petdoor.core.ports import Eyes, Frame


class Examination:
    """Examines frames, and learns the usual view from those that are well.

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
        if self._diagnosis.is_healthy:
            self._eyes.learn()
        after = frozenset(self._diagnosis.impairments)
        return None if after == before else after
