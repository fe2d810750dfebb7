"""What one picture of the camera shows, and what may be wrong with it."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Impairment(StrEnum):
    """What may be wrong with a picture, in words that say what to do."""

    BLACK = "the picture is black: is the lens covered, or the night without a lamp?"
    WHITE = "the picture is white: does a lamp or the sun shine into the lens?"
    BLURRED = "the picture is blurred: wipe the lens, or focus it"
    MOVED = (
        "the camera looks elsewhere than before: turn it back; else it is usual in some hours, or by a reload"
    )
    TINTED = "the colours are wrong: is the infra-red filter or the night mode stuck?"


class Sign(Enum):
    """What one picture may show of an impairment; each is counted for itself."""

    BLACK = auto()
    WHITE = auto()
    BLURRED = auto()
    MOVED = auto()
    PINK = auto()
    GREY = auto()

    @property
    def impairment(self) -> Impairment:
        """What is wrong when it lasts."""
        return Impairment.TINTED if self in {Sign.PINK, Sign.GREY} else Impairment[self.name]


@dataclass(frozen=True, slots=True)
class Look:
    """What was measured in one picture.

    Attributes:
        brightness: mean grey level, 0..255.
        darkest, brightest: grey levels that a twentieth of the points lie below, and a hundredth above.
        sharpness: how much steeper the strongest edges are in the fine picture than in the coarse: 3 for
            ideal edges, 1 for none.
        likeness: to what is usual in such light, -1..1; None as long as that is not known.
        steadiness: likeness to the last minutes, -1..1; None as long as there are none.
        pink: share of the points in which green is clearly the weakest colour, 0..1.
        colour: mean difference between the strongest and the weakest colour, in grey levels.
    """

    brightness: float
    darkest: float
    brightest: float
    sharpness: float
    likeness: float | None
    steadiness: float | None
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
        usual_share: or below this share of what this camera usually shows in such light.
        likeness: below this the view is another, or not steady.
        pink_share: a picture with more such points is pink.
        colour: grey levels; a picture with less is grey.
        dark_brightness: in a picture darker than this nothing but its darkness is judged.
        blind_seconds: how long a picture must be black or white.
        changed_seconds: blurred, or of another view.
        pink_seconds: pink, by day; a sunset is over by then.
        grey_seconds: without colour; no night outside the polar circles is as long.
        well_seconds: how long it must be well again.
        adopt_seconds: how long a steady picture must be wrong in nothing but that it is unusual, until it is
            usual: long enough for somebody to wake up and turn the camera back, short enough for a dog.
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
    adopt_seconds: float = 21_600.0


def suspected(look: Look, usual_sharpness: float | None, limits: EyesightLimits) -> dict[Impairment, bool]:
    """What seems wrong with this one picture."""
    found = signs(look, usual_sharpness, limits)
    return {sign.impairment: True for sign, is_wrong in found.items() if is_wrong}


def signs(look: Look, usual_sharpness: float | None, limits: EyesightLimits) -> dict[Sign, bool | None]:
    """What this one picture shows; None where that cannot be told."""
    is_white = look.darkest > limits.white_level
    unclear = is_white or look.brightness < limits.dark_brightness
    is_flat = look.brightest - look.darkest < limits.contrast
    least = max(limits.sharpness, limits.usual_share * (usual_sharpness or 0.0))
    is_other_view = None if look.likeness is None else look.likeness < limits.likeness
    return {
        Sign.BLACK: look.brightest < limits.black_level,
        Sign.WHITE: is_white,
        Sign.BLURRED: None if unclear else is_flat or look.sharpness < least,
        Sign.MOVED: None if unclear or is_flat else is_other_view,
        Sign.PINK: None if unclear else look.pink > limits.pink_share,
        Sign.GREY: None if unclear else is_grey(look, limits),
    }


def is_grey(look: Look, limits: EyesightLimits) -> bool:
    """Whether it is without colour, as an infra-red night is."""
    return look.colour < limits.colour
