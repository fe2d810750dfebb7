"""Can the camera be trusted? What is wrong with its picture, once it has been for long enough.

One odd picture means nothing: an animal before the lens is black, a lamp is white, a bat is a blur.
And what is only unusual, such as snow, a parked car or a camera that a storm has turned, does not stay so. It
is told, and locks the door, but after some hours it is usual: a dog that is locked out until somebody comes
is worse than one that is recognised, in four of five frames as ever, in another view.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from petdoor.core.eyesight import EyesightLimits, Impairment, Look, Sign, is_grey, signs

_GAP_SECONDS = 10.0
"""What was not looked at for longer was neither impaired nor well meanwhile."""
_LEARNT_SHARE = 0.002
"""By how much one look changes what is usual: ten minutes of looks make most of it."""
_FADING = 0.5
"""How many wrong seconds a second without makes good: passing headlights do not add up, a flicker does."""
_UNUSUAL = frozenset({Sign.BLURRED, Sign.MOVED})
"""What may be seen only because another picture was usual."""


@dataclass(frozen=True, slots=True)
class _Suspicion:
    """For how long something has been wrong, and for how long no more."""

    wrong_seconds: float = 0.0
    well_seconds: float = 0.0
    is_held: bool = False

    @property
    def is_pending(self) -> bool:
        return self.is_held or self.wrong_seconds > 0

    def after(
        self, seconds: float, *, is_wrong: bool | None, must_seconds: float, well_seconds: float
    ) -> "_Suspicion":
        if is_wrong is None:
            return self
        if is_wrong:
            wrong = self.wrong_seconds + seconds
            return _Suspicion(wrong, 0.0, self.is_held or wrong >= must_seconds)
        well = self.well_seconds + seconds
        if well >= well_seconds:
            return _Suspicion()
        wrong = max(0.0, self.wrong_seconds - _FADING * seconds)
        return replace(self, wrong_seconds=wrong, well_seconds=well)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that is remembered between two looks, and what the last one is good for.

    Attributes:
        looked_at: when the last one was.
        usual_sharpness: what this camera shows when it is well, in colour (False) and in grey (True).
        suspicions: what may be wrong.
        unusual_seconds: for how long the picture was steady, and wrong in nothing but that it is unusual.
        may_learn: the last look was a usual one, or is from now on.
        has_adopted: from the last look on what was unusual is usual.
    """

    looked_at: float | None = None
    usual_sharpness: Mapping[bool, float] = field(default_factory=dict)
    suspicions: Mapping[Sign, _Suspicion] = field(default_factory=dict)
    unusual_seconds: float = 0.0
    may_learn: bool = False
    has_adopted: bool = False

    @property
    def impairments(self) -> tuple[Impairment, ...]:
        """What is wrong, beyond doubt."""
        held = (sign.impairment for sign, suspicion in self.suspicions.items() if suspicion.is_held)
        return tuple(dict.fromkeys(held))


def diagnose(diagnosis: Diagnosis, look: Look, now: float, limits: EyesightLimits) -> Diagnosis:
    """The diagnosis after one more look.

    Args:
        diagnosis: the one before.
        look: what was measured.
        now: monotonic seconds.
        limits: from where on, and how long.
    """
    passed = 0.0 if diagnosis.looked_at is None else max(0.0, now - diagnosis.looked_at)
    seconds = min(passed, _GAP_SECONDS)
    usual = diagnosis.usual_sharpness
    suspicions = {
        sign: diagnosis.suspicions.get(sign, _Suspicion()).after(
            seconds,
            is_wrong=is_wrong,
            must_seconds=_must_seconds(sign, limits),
            well_seconds=limits.well_seconds,
        )
        for sign, is_wrong in signs(look, usual.get(is_grey(look, limits)), limits).items()
        if sign.impairment in limits.watch
    }
    after = Diagnosis(now, usual, suspicions, diagnosis.unusual_seconds)
    return _taught(after, look, seconds, limits)


def _must_seconds(sign: Sign, limits: EyesightLimits) -> float:
    match sign:
        case Sign.BLACK | Sign.WHITE:
            return limits.blind_seconds
        case Sign.PINK:
            return limits.pink_seconds
        case Sign.GREY:
            return limits.grey_seconds
        case _:
            return limits.changed_seconds


def _taught(after: Diagnosis, look: Look, seconds: float, limits: EyesightLimits) -> Diagnosis:
    """The same with what this look teaches: nothing, the usual, or what is usual from now on."""
    is_told = any(sign in _UNUSUAL and suspicion.is_held for sign, suspicion in after.suspicions.items())
    after = after if is_told else replace(after, unusual_seconds=0.0)
    if not _is_sound(look, limits):
        return after
    if is_told:
        return _steadied(after, look, seconds, limits)
    # Any night may be grey: that it lasts too long is told, but it hides nothing.
    if any(suspicion.is_pending for sign, suspicion in after.suspicions.items() if sign is not Sign.GREY):
        return after
    return replace(after, usual_sharpness=_learnt(after.usual_sharpness, look, limits), may_learn=True)


def _steadied(after: Diagnosis, look: Look, seconds: float, limits: EyesightLimits) -> Diagnosis:
    """The same with one more look at what is wrong only in that it is not the usual."""
    if look.steadiness is None or look.steadiness < limits.likeness:
        return after
    unusual_seconds = after.unusual_seconds + seconds
    if unusual_seconds < limits.adopt_seconds:
        return replace(after, unusual_seconds=unusual_seconds)
    others = {sign: suspicion for sign, suspicion in after.suspicions.items() if sign not in _UNUSUAL}
    return Diagnosis(after.looked_at, _learnt({}, look, limits), others, may_learn=True, has_adopted=True)


def _is_sound(look: Look, limits: EyesightLimits) -> bool:
    """All can be told of it, and nothing is wrong whatever is usual."""
    found = signs(look, None, limits)
    wrong = {sign for sign, is_wrong in found.items() if is_wrong and sign.impairment in limits.watch}
    return found[Sign.BLURRED] is not None and wrong <= {Sign.MOVED, Sign.GREY}


def _learnt(usual: Mapping[bool, float], look: Look, limits: EyesightLimits) -> dict[bool, float]:
    in_grey = is_grey(look, limits)
    before = usual.get(in_grey, look.sharpness)
    return {**usual, in_grey: before + _LEARNT_SHARE * (look.sharpness - before)}
