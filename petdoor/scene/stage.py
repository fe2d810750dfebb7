"""Who stands where, in which pose, at every moment of a visit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import numpy as np
from numpy.random import Generator

from petdoor.scene.cats import cat
from petdoor.scene.dogs import dog
from petdoor.scene.paint import Place, outline
from petdoor.scene.people import Person, person
from petdoor.scene.quadrupeds import Animal, Pose
from petdoor.scene.raccoons import raccoon
from petdoor.scene.script import COMING_SHARE, GOING_SHARE, Character, Visit
from petdoor.scene.solids import Figure

_STRIDE: Final = 0.96  # lengths of itself that an animal walks in one stride
_DEPTH: Final = 4.0  # the camera's distance from the near place, in lengths of the figure
_SITTING_DOWN_SECONDS: Final = 0.45
_HALF_LENGTH: Final = 1.35  # of any figure, tail included
_POSES: Final = ((-8, 28), (152, 188), (35, 70), (110, 145), (75, 105))
"""Ranges of degrees to which a waiting animal turns; 90 faces the camera."""

Actor: TypeAlias = Animal | Person
_ACTORS: Final[dict[str, Callable[[Generator], Actor]]] = {
    "dog": dog,
    "cat": cat,
    "raccoon": raccoon,
    "person": person,
}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the yard: its column as a share of the width, and its distance; 1 is before the door."""

    column: float
    distance: float


@dataclass(frozen=True, slots=True)
class Role:
    """One actor's part in a visit.

    Attributes:
        scale: the actor's own length before the door, in picture heights.
        ground: the row of its feet there, as a share of the height.
        yaw: where it turns while it waits, in degrees.
    """

    actor: Actor
    species: str
    start: Spot
    stop: Spot
    end: Spot
    scale: float
    ground: float
    yaw: float
    sits: bool
    tempo: float
    attention: float


@dataclass(frozen=True, slots=True)
class Presence:
    """An actor as it is to be painted."""

    figure: Figure
    place: Place
    species: str


@lru_cache(maxsize=16)
def roles(visit: Visit) -> tuple[Role, ...]:
    """The parts in a visit; none for the wind."""
    random = np.random.default_rng(visit.seed)
    if visit.character is Character.WIND:
        return ()
    if visit.character is Character.DOG_AND_CAT:
        side = random.choice([-1, 1])
        return (_role(random, "dog", side), _role(random, "cat", -side))
    return (_role(random, visit.character.value, 0),)


def presences(visit: Visit, seconds: float, *, size: tuple[int, int], horizon: float) -> tuple[Presence, ...]:
    """Everybody at that moment, the farthest first, for a picture of ``size`` (height, width)."""
    present = [_presence(role, visit, seconds, size, horizon) for role in roles(visit)]
    return tuple(sorted(present, key=lambda one: one.place.y))


def _role(random: Generator, species: str, side: int) -> Role:
    """A part; ``side`` -1 or 1 keeps to that half of the picture, 0 takes the middle."""
    actor = _ACTORS[species](random)
    yaw = float(random.uniform(*_POSES[random.integers(len(_POSES))]))
    scale = _size(random, actor, side, yaw)
    stop = Spot(_column(random, actor, side, scale, yaw), 1.0)
    comes_from = side or random.choice([-1, 1])
    leaves_to = side or random.choice([-1, 1])
    return Role(
        actor=actor,
        species=species,
        start=_beyond(random, comes_from, scale),
        stop=stop,
        end=_beyond(random, leaves_to, scale),
        scale=scale,
        ground=random.uniform(0.85, 0.95),
        yaw=yaw,
        sits=isinstance(actor, Animal) and actor.can_sit and random.random() < 0.5,
        tempo=random.uniform(0.8, 1.25),
        attention=random.uniform(0.3, 1.0),
    )


def _size(random: Generator, actor: Actor, side: int, yaw: float) -> float:
    """Its scale in picture heights: large, yet with room at its sides."""
    if isinstance(actor, Person):
        is_close = random.random() < 0.3  # then there are but legs to see
        return float(random.uniform(1.3, 1.8) if is_close else random.uniform(0.7, 0.86))
    bounds = outline(actor.figure(Pose()), Place(0, 0, 1, yaw))
    share = random.uniform(0.37, 0.47) if side else random.uniform(0.46, 0.68)
    room = 0.56 if side else 1.02
    head = outline(actor.standing_head(), Place(0, 0, 1, yaw))
    return float(max(min(share / -head.top, room / (bounds.right - bounds.left)), 0.36 / -head.top))


def _column(random: Generator, actor: Actor, side: int, scale: float, yaw: float) -> float:
    """The column where it stands, so that its middle is where it should be."""
    bounds = outline(actor.figure(Pose()), Place(0, 0, 1, yaw))
    middle = side * random.uniform(0.2, 0.22) if side else random.uniform(-0.03, 0.03)
    return float(0.5 + middle - (bounds.left + bounds.right) / 2 * scale * 0.75)


def _beyond(random: Generator, side: int, scale: float) -> Spot:
    """A place outside the picture, at its left (-1) or right (1), near or farther away."""
    distance = random.choice([1.0, random.uniform(1.1, 1.7)])
    out = _HALF_LENGTH * scale / distance * 0.75
    return Spot(0.5 + side * (0.5 + out), float(distance))


def _presence(role: Role, visit: Visit, seconds: float, size: tuple[int, int], horizon: float) -> Presence:
    share = (seconds - visit.begins_at) / visit.seconds
    coming = min(1.0, share / COMING_SHARE)
    going = max(0.0, (share - 1 + GOING_SHARE) / GOING_SHARE)
    ahead, back = 1 - (1 - coming) ** 1.5, going**1.5
    if going > 0:
        spot, heading = _between(role.stop, role.end, back), _heading(role, role.stop, role.end)
        steps, turn = back * _strides(role, role.stop, role.end), 1 - _smooth(going / 0.35)
        speed = min(1.0, 3.5 * going)
    else:
        spot, heading = _between(role.start, role.stop, ahead), _heading(role, role.start, role.stop)
        steps, turn = ahead * _strides(role, role.start, role.stop), _smooth((coming - 0.6) / 0.4)
        speed = min(1.0, 3.5 * (1 - coming))
    yaw = heading + turn * _wrapped(role.yaw - heading)
    height, width = size
    place = Place(
        x=spot.column * width,
        y=(horizon + (role.ground - horizon) / spot.distance) * height,
        scale=role.scale * height / spot.distance,
        yaw=yaw,
    )
    still = min(
        seconds - visit.begins_at - COMING_SHARE * visit.seconds,
        visit.ends_at - GOING_SHARE * visit.seconds - seconds,
    )
    pose = _pose(role, seconds - visit.begins_at, _Walk(steps, speed, still, yaw))
    return Presence(role.actor.figure(pose), place, role.species)


@dataclass(frozen=True, slots=True)
class _Walk:
    """How it goes; ``still`` is how long it has waited, or will before it goes, in seconds."""

    steps: float
    speed: float
    still: float
    yaw: float


def _pose(role: Role, seconds: float, walk: _Walk) -> Pose:
    beat = 2 * np.pi * seconds * role.tempo
    actor = role.actor
    wag = actor.wag_degrees * np.sin(beat * actor.wags_a_second) if isinstance(actor, Animal) else 0.0
    about = 9 * float(np.sin(beat * 0.31) + 0.5 * np.sin(beat * 0.73))
    calm = 1 - walk.speed
    to_camera = float(np.clip(-_wrapped(90 - walk.yaw), -62, 62)) * role.attention
    return Pose(
        step=walk.steps,
        stride=walk.speed,
        sit=_smooth(walk.still / _SITTING_DOWN_SECONDS) if role.sits else 0.0,
        look_yaw=to_camera * (0.35 + 0.65 * calm) + calm * about,
        look_pitch=calm * 5 * float(np.sin(beat * 0.43)),
        tail_swing=float(wag),
        tail_lift=4 * float(np.sin(beat * 0.37)),
        breath=float(np.sin(beat * 0.55)),
    )


def _between(one: Spot, other: Spot, share: float) -> Spot:
    """On the straight way across the ground from one spot to another."""
    distance = one.distance + (other.distance - one.distance) * share
    start, stop = (one.column - 0.5) * one.distance, (other.column - 0.5) * other.distance
    return Spot(0.5 + (start + (stop - start) * share) / distance, distance)


def _way(role: Role, one: Spot, other: Spot) -> tuple[float, float]:
    """How far it walks to the right and towards the camera, in its own lengths."""
    across = (other.column - 0.5) * other.distance - (one.column - 0.5) * one.distance
    return across * 4 / 3 / role.scale, _DEPTH * (one.distance - other.distance)


def _heading(role: Role, one: Spot, other: Spot) -> float:
    across, towards = _way(role, one, other)
    return float(np.degrees(np.arctan2(towards, across)))


def _strides(role: Role, one: Spot, other: Spot) -> float:
    stride = _STRIDE * (0.55 if isinstance(role.actor, Person) else 1.0)
    return float(np.hypot(*_way(role, one, other))) / stride


def _wrapped(degrees: float) -> float:
    return (degrees + 180) % 360 - 180


def _smooth(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
