"""What lies between the yard and the picture: light, shadows, rain, and the noise of a sensor."""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from petdoor.pictures import Picture

_MARGIN: Final = 64
_LIGHT_SIZE: Final = (60, 80)
_UNIT: Final = 100  # of the light map: this is neither darker nor brighter


class Light(StrEnum):
    """Kinds of light."""

    STEADY = "steady"
    CLOUDS = "clouds"
    DUSK = "dusk"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Weather:
    """Light and weather.

    Attributes:
        light: clouds change the brightness slowly; dusk is dim and blue; night is infra-red grey.
        shadows: how dark the tree's moving shadows are, 0..1.
        rain: how hard it rains, 0..1.
        noise: standard deviation of the sensor's noise, in grey levels of 255.
    """

    light: Light = Light.STEADY
    shadows: float = 0.0
    rain: float = 0.0
    noise: float = 0.0


CALM: Final = Weather()
"""Even light, no shadows, no rain, no noise."""


@dataclass(frozen=True, slots=True)
class Air:
    """Weather in numbers, so that one can pass into another.

    Attributes:
        tint: the gain of red, green and blue.
        clouds: by how much passing clouds change it.
        grey, vignette: how colourless, and how dark at the edges, 0..1.
    """

    tint: tuple[float, float, float]
    clouds: float
    grey: float
    vignette: float
    shadows: float
    rain: float
    noise: float


_TINTS: Final = {
    Light.STEADY: (1.0, 1.0, 1.0),
    Light.CLOUDS: (0.97, 0.97, 0.98),
    Light.DUSK: (0.56, 0.60, 0.76),
    Light.NIGHT: (0.98, 0.98, 0.98),
}


def some_weather(random: Generator) -> Weather:
    """Weather as it may be: half of the days are bright."""
    light = Light(random.choice(list(Light), p=[0.3, 0.36, 0.2, 0.14]))
    is_day = light in {Light.STEADY, Light.CLOUDS}
    return Weather(
        light=light,
        shadows=float(random.uniform(0.2, 0.5)) if is_day and random.random() < 0.6 else 0.0,
        rain=float(random.uniform(0.3, 1)) if random.random() < 0.25 else 0.0,
        noise=float(random.uniform(1.5, 4.0) if is_day else random.uniform(3.0, 7.0)),
    )


def air(weather: Weather) -> Air:
    """The weather in numbers."""
    is_night = weather.light is Light.NIGHT
    return Air(
        tint=_TINTS[weather.light],
        clouds=0.2 if weather.light is Light.CLOUDS else 0.0,
        grey=float(is_night),
        vignette=0.7 if is_night else 0.0,
        shadows=weather.shadows,
        rain=weather.rain,
        noise=weather.noise,
    )


def passing(one: Air, other: Air, share: float) -> Air:
    """The first with ``share`` of the other."""
    if share <= 0 or one == other:
        return one

    def between(a: float, b: float) -> float:
        return a + (b - a) * share

    red, green, blue = (between(a, b) for a, b in zip(one.tint, other.tint, strict=True))
    return Air(
        (red, green, blue),
        between(one.clouds, other.clouds),
        between(one.grey, other.grey),
        between(one.vignette, other.vignette),
        between(one.shadows, other.shadows),
        between(one.rain, other.rain),
        between(one.noise, other.noise),
    )


def expose(picture: Picture, air: Air, *, seconds: float, seed: int) -> Picture:
    """The picture in that air at that time; ``seed`` chooses the clouds, the rain and the noise."""
    picture = _lit(picture, air, seconds, seed)
    if air.grey > 0.01:
        grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        picture = cast(Picture, cv2.addWeighted(grey, air.grey, picture, 1 - air.grey, 0))
    if air.rain > 0.02:
        picture = _rained(picture, air.rain, seconds)
    if air.noise > 0.05:
        picture = _noisy(picture, air.noise, seconds, seed)
    return picture


def _lit(picture: Picture, air: Air, seconds: float, seed: int) -> Picture:
    light = np.full(_LIGHT_SIZE, _cloud_gain(air.clouds, seconds, seed), np.float32)
    if air.shadows > 0.01:
        light *= 1 - air.shadows * _dapple(seconds)
    if air.vignette > 0.01:
        light *= 1 - air.vignette * _vignette()
    if air.tint == (1.0, 1.0, 1.0) and light.min() == light.max() == 1:
        return picture
    small = np.clip(light[..., None] * np.array(air.tint, np.float32) * _UNIT, 0, 255).astype(np.uint8)
    full = cv2.resize(small, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return cast(Picture, cv2.multiply(picture, full, scale=1 / _UNIT))


def _cloud_gain(depth: float, seconds: float, seed: int) -> float:
    slow = np.sin(2 * np.pi * (seconds / 11 + seed % 7 / 7)) + 0.6 * np.sin(
        2 * np.pi * seconds / 6.1 + seed % 5
    )
    return float(1 - depth * 0.5 * (1 + slow / 1.6)) if depth else 1.0


def _dapple(seconds: float) -> NDArray[np.float32]:
    """Shadows of leaves, 0..1, that swing and wander."""
    height, width = _LIGHT_SIZE
    x = 20 + 5 * np.sin(seconds * 1.1) + 2 * np.sin(seconds * 2.7)
    y = 12 + 3 * np.sin(seconds * 0.9 + 1)
    moved = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
    return cast(
        "NDArray[np.float32]", cv2.warpAffine(_shade(), moved, (width, height), flags=cv2.INTER_LINEAR)
    )


@lru_cache(maxsize=1)
def _shade() -> NDArray[np.float32]:
    noise = np.random.default_rng(3).standard_normal((100, 130), np.float32)
    blobs = cv2.GaussianBlur(noise, (0, 0), 3.2)
    return cast("NDArray[np.float32]", np.clip(0.5 + blobs / blobs.std(), 0, 1))


@lru_cache(maxsize=1)
def _vignette() -> NDArray[np.float32]:
    rows, columns = np.linspace(-1, 1, _LIGHT_SIZE[0])[:, None], np.linspace(-1, 1, _LIGHT_SIZE[1])
    far = np.clip((rows**2 + columns**2) / 2, 0, 1)
    return far.astype(np.float32)


def _rained(picture: Picture, rain: float, seconds: float) -> Picture:
    height, width = picture.shape[:2]
    bank = _rain_bank(height, width)
    fall = int(seconds * 2.6 * height) % height
    streaks = bank[height - fall : 2 * height - fall]
    dim = cv2.addWeighted(picture, 1 - 0.18 * rain, streaks, 0.55 * rain, 14 * rain)
    return cast(Picture, dim)


@lru_cache(maxsize=2)
def _rain_bank(height: int, width: int) -> Picture:
    """Streaks twice as high as the picture; its halves are alike, so it can fall for ever."""
    random = np.random.default_rng(5)
    tall = np.zeros((2 * height, width, 3), np.uint8)
    for _ in range(230):
        x, y, near = random.uniform(0, width), random.uniform(0, height), random.random()
        long, grey = (0.03 + 0.09 * near) * height, 110 + 120 * near
        for again in (-height, 0, height):
            end = (int(x - 0.12 * long), int(y + again + long))
            thick = 1 + int(near * height / 320)
            cv2.line(tall, (int(x), int(y + again)), end, (grey, grey, grey), thick, cv2.LINE_AA)
    return cast(Picture, cv2.GaussianBlur(tall, (3, 3), 0))


def _noisy(picture: Picture, noise: float, seconds: float, seed: int) -> Picture:
    height, width = picture.shape[:2]
    bank = _noise_bank(height + _MARGIN, width + _MARGIN)
    y, x = np.random.default_rng([seed, round(seconds * 1000)]).integers(0, _MARGIN, 2)
    grain = bank[y : y + height, x : x + width]
    return cast(Picture, cv2.addWeighted(picture, 1.0, grain, noise / 32, -128 * noise / 32))


@lru_cache(maxsize=2)
def _noise_bank(height: int, width: int) -> Picture:
    """Noise about 128 with a standard deviation of 32."""
    random = np.random.default_rng(4)
    grey = random.standard_normal((height, width, 1), np.float32)
    colour = random.standard_normal((height, width, 3), np.float32)
    return cast(Picture, np.clip(128 + 32 * (0.8 * grey + 0.6 * colour), 0, 255).astype(np.uint8))
