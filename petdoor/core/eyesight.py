"""Can the camera's picture be trusted? What is wrong with it, once it has been for long enough.

One odd picture means nothing: an animal before the lens is black, a lamp is white, a bat is a blur.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Impairment(StrEnum):
    """What may be wrong with a picture, in words that say what to do."""

    BLACK = "the picture is black: is the lens covered, or the night without a lamp?"
    WHITE = "the picture is white: does a lamp or the sun shine into the lens?"
    BLURRED = "the picture is blurred: wipe the lens, or focus it"
    MOVED = "the camera looks elsewhere than before: turn it back, or reload petdoor if that is meant"
    TINTED = "the colours are wrong: is the infra-red filter or the night mode stuck?"


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured in one picture.

    Attributes:
        brightness: mean grey level, 0..255.
        darkest, brightest: grey levels that a twentieth of the points lie below, and a hundredth above.
        sharpness: how much steeper the strongest edges are in the fine picture than in the coarse: 3 for
            ideal edges, 1 for none.
        likeness: to the usual view, -1..1; None as long as there is none.
        pink: share of the points in which green is clearly the weakest colour, 0..1.
        colour: mean difference between the strongest and the weakest colour, in grey levels.
    """

    brightness: float
    darkest: float
    brightest: float
    sharpness: float
    likeness: float | None
    pink: float
    colour: float


@dataclass(frozen=True, slots=True)
class EyesightLimits:
    """From where on a picture is impaired, and for how long it must be.

    Attributes:
        watch: what is looked for.
        black_level: nothing is brighter than this grey level.
        white_level: nothing is darker.
        contrast: with fewer grey levels than this between dark and bright there is nothing to see.
        sharpness: below this everything is blurred.
        usual_share: or below this share of what this camera usually shows.
        likeness: below this the view is another.
        pink_share: a picture with more such points is pink.
        colour: grey levels; a picture with less is grey.
        dark_brightness: in a picture darker than this nothing but its darkness is judged.
        blind_seconds: how long a picture must be black or white.
        changed_seconds: blurred, or of another view.
        pink_seconds: pink, by day; a sunset is over by then.
        grey_seconds: without colour; no night outside the polar circles is as long.
        well_seconds: how long it must be well again.
    """

    watch: frozenset[Impairment] = frozenset(Impairment)
    black_level: float = 24.0
    white_level: float = 240.0
    contrast: float = 12.0
    sharpness: float = 1.25
    usual_share: float = 0.65
    likeness: float = 0.15
    pink_share: float = 0.7
    colour: float = 3.0
    dark_brightness: float = 20.0
    blind_seconds: float = 60.0
    changed_seconds: float = 300.0
    pink_seconds: float = 1800.0
    grey_seconds: float = 72_000.0
    well_seconds: float = 30.0


_GAP_SECONDS = 10.0
"""What was not looked at for longer was neither impaired nor well meanwhile."""
_LEARNT_SHARE = 0.002
"""By how much one look changes what is usual: ten minutes of looks make most of it."""


@dataclass(frozen=True, slots=True)
class _Suspicion:
    """For how long something has been wrong, and for how long no more."""

    wrong_seconds: float = 0.0
    well_seconds: float = 0.0
    is_held: bool = False

    def after(
        self, seconds: float, *, is_wrong: bool, must_seconds: float, well_seconds: float
    ) -> "_Suspicion":
        if is_wrong:
            wrong = self.wrong_seconds + seconds
            return _Suspicion(wrong, 0.0, self.is_held or wrong >= must_seconds)
        well = self.well_seconds + seconds
        return _Suspicion() if well >= well_seconds else replace(self, well_seconds=well)


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that is remembered between two looks.

    Attributes:
        looked_at: when the last one was.
        usual_sharpness: what this camera shows when it is well.
        suspicions: what may be wrong.
    """

    looked_at: float | None = None
    usual_sharpness: float | None = None
    suspicions: Mapping[Impairment, _Suspicion] = field(default_factory=dict)

    @property
    def impairments(self) -> tuple[Impairment, ...]:
        """What is wrong, beyond doubt."""
        return tuple(kind for kind, suspicion in self.suspicions.items() if suspicion.is_held)

    @property
    def is_healthy(self) -> bool:
        """Nothing is wrong, or may be."""
        return not any(suspicion.wrong_seconds for suspicion in self.suspicions.values())


def diagnose(diagnosis: Diagnosis, look: Look, now: float, limits: EyesightLimits) -> Diagnosis:
    """The diagnosis after one more look.

    Args:
        diagnosis: the one before.
        look: what was measured.
        now: monotonic seconds.
        limits: from where on, and how long.
    """
    passed = 0.0 if diagnosis.looked_at is None else max(0.0, now - diagnosis.looked_at)
    wrong = suspected(look, diagnosis.usual_sharpness, limits)
    suspicions = {
        kind: diagnosis.suspicions.get(kind, _Suspicion())
        if is_wrong is None
        else diagnosis.suspicions.get(kind, _Suspicion()).after(
            min(passed, _GAP_SECONDS),
            is_wrong=is_wrong,
            must_seconds=_must_seconds(kind, look, limits),
            well_seconds=limits.well_seconds,
        )
        for kind, is_wrong in wrong.items()
        if kind in limits.watch
    }
    after = Diagnosis(now, diagnosis.usual_sharpness, suspicions)
    return replace(after, usual_sharpness=_learnt(after, look)) if after.is_healthy else after


def suspected(
    look: Look, usual_sharpness: float | None, limits: EyesightLimits
) -> dict[Impairment, bool | None]:
    """What seems wrong with this one picture; None where that cannot be told."""
    is_dark = look.brightness < limits.dark_brightness
    is_black = look.brightest < limits.black_level
    is_white = look.darkest > limits.white_level
    unclear = is_dark or is_white
    is_flat = look.brightest - look.darkest < limits.contrast
    least = max(limits.sharpness, limits.usual_share * (usual_sharpness or 0.0))
    is_other_view = None if look.likeness is None else look.likeness < limits.likeness
    return {
        Impairment.BLACK: is_black,
        Impairment.WHITE: is_white,
        Impairment.BLURRED: None if unclear else is_flat or look.sharpness < least,
        Impairment.MOVED: None if unclear or is_flat else is_other_view,
        Impairment.TINTED: None if unclear else _is_pink(look, limits) or look.colour < limits.colour,
    }


def _is_pink(look: Look, limits: EyesightLimits) -> bool:
    return look.pink > limits.pink_share


def _must_seconds(kind: Impairment, look: Look, limits: EyesightLimits) -> float:
    if kind is Impairment.TINTED:
        return limits.pink_seconds if _is_pink(look, limits) else limits.grey_seconds
    blind = kind in {Impairment.BLACK, Impairment.WHITE}
    return limits.blind_seconds if blind else limits.changed_seconds


def _learnt(diagnosis: Diagnosis, look: Look) -> float:
    usual = diagnosis.usual_sharpness
    return look.sharpness if usual is None else usual + _LEARNT_SHARE * (look.sharpness - usual)
