"""What all animals on four legs share: a skeleton that walks, sits, breathes and wags.

Lengths are shares of the height of the back above the ground.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from petdoor.scene.solids import (
    Chain,
    Colour,
    Figure,
    Floats,
    chain,
    direction,
    moved,
    scaled,
    turned,
    wrapped,
)


@dataclass(frozen=True, slots=True)
class Build:
    """An animal's proportions.

    Attributes:
        length: from shoulders to hips.
        chest, waist: radii of the body.
        arch: how far the back's middle rises above its ends.
        legs: radius of the upper legs; paws are in keeping.
        elbow: height of the elbows.
        neck, neck_rise: length, and degrees above level.
        head: radius.
        tail, tail_width: length and radius.
        tail_rise, tail_curl: degrees at its root, and more along it.
    """

    length: float
    chest: float
    waist: float
    legs: float
    neck: float
    neck_rise: float
    head: float
    tail: float
    tail_width: float
    tail_rise: float
    tail_curl: float
    arch: float = 0.0
    elbow: float = 0.55


@dataclass(frozen=True, slots=True)
class Coat:
    """An animal's colours; ``tail`` and ``leg`` are from the root to the tip."""

    body: Colour
    chest: Colour
    under: Colour | None
    leg: tuple[Colour, Colour, Colour]
    tail: tuple[Colour, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """A mark on the body: n x 2 corners, where along it (0 chest, 1 hips), and degrees from the back."""

    outline: Floats
    colour: Colour


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment of an animal.

    Attributes:
        step: how far it has walked, in full strides.
        stride: 0 stands, 1 walks.
        sit: 0 on its legs, 1 sits.
        look_yaw, look_pitch: where the head turns, degrees left and up.
        tail_swing, tail_lift: degrees.
        breath: -1..1.
    """

    step: float = 0.0
    stride: float = 0.0
    sit: float = 0.0
    look_yaw: float = 0.0
    look_pitch: float = 0.0
    tail_swing: float = 0.0
    tail_lift: float = 0.0
    breath: float = 0.0


@dataclass(frozen=True, slots=True)
class Animal:
    """Somebody on four legs; the head's parts are drawn about its own middle, looking along x."""

    build: Build
    coat: Coat
    head: tuple[Chain, ...]
    patches: tuple[Patch, ...] = ()
    collar: Colour | None = None
    can_sit: bool = True
    wag_degrees: float = 10.0
    wags_a_second: float = 0.6

    def figure(self, pose: Pose) -> Figure:
        """The animal in that pose."""
        spine = _spine(self.build, pose)
        neck, head_at = _neck(self, spine, pose)
        turn = turned(pose.look_yaw, pose.look_pitch)
        head = tuple(moved(part, turn, head_at) for part in self.head)
        marks = tuple(wrapped(spine, patch.outline, patch.colour) for patch in self.patches)
        body = chain(spine.tolist(), self.coat.body, under=self.coat.under, marks=marks)
        return Figure((_tail(self, spine, pose), *_legs(self, spine, pose), body, neck, *head))

    def standing_head(self) -> Figure:
        """Its head alone, where it is when the animal stands."""
        return Figure(self.figure(Pose()).chains[-len(self.head) :])


def _spine(build: Build, pose: Pose) -> Floats:
    """Five balls from the chest to the hips."""
    half = build.length / 2
    chest = build.chest * (1 + 0.02 * pose.breath)
    bob = 0.018 * pose.stride * np.sin(4 * np.pi * pose.step)
    hip = build.waist * 1.08
    standing = np.array(
        [
            [half, 0, 1 - chest, chest],
            [half * 0.45, 0, 0.99 - chest + build.arch * 0.5, chest * 1.02],
            [-half * 0.15, 0, 1 - build.waist + build.arch - 0.02, (build.waist + chest) / 2],
            [-half * 0.6, 0, 1 - build.waist + build.arch * 0.8, build.waist],
            [-half, 0, 0.98 - hip, hip],
        ]
    )
    standing[:, 2] += bob
    rump = np.array([-half * 0.38, 0, hip * 1.05])
    front = np.array([half * 0.72, 0, 1 - chest * 0.9])
    share = np.array([0, 0.28, 0.55, 0.78, 1.0])[:, None]
    sitting = standing.copy()
    sitting[:, :3] = front + share * (rump - front)
    sitting[1:4, 0] -= np.array([0.05, 0.1, 0.08])
    sitting[3:, 3] *= 1.16
    spine: Floats = standing + pose.sit * (sitting - standing)
    return spine


def _neck(animal: Animal, spine: Floats, pose: Pose) -> tuple[Chain, Floats]:
    build = animal.build
    way = direction(0, build.neck_rise + 14 * pose.sit + 1.5 * np.sin(4 * np.pi * pose.step) * pose.stride)
    root = spine[0, :3] + np.array([-0.02, 0, build.chest * 0.32])
    end = root + way * build.neck
    thin = build.head * 0.74
    balls = [[*root, build.chest * 0.8], [*(root + end) / 2, (build.chest * 0.8 + thin) / 2], [*end, thin]]
    part = chain(balls, animal.coat.body, lift=0.02)
    if animal.collar:
        around = np.linspace(-180, 180, 24)
        ring = np.concatenate([[[0.62, a] for a in around], [[0.8, a] for a in around[::-1]]])
        part = replace(part, marks=(wrapped(part.balls, ring, animal.collar),))
    head_at = end + way * build.head * 0.45 + np.array([build.head * 0.25, 0, 0])
    return part, head_at


def _tail(animal: Animal, spine: Floats, pose: Pose) -> Chain:
    build = animal.build
    links = max(6, len(animal.coat.tail))
    point = spine[-1, :3] + np.array([-0.75 * spine[-1, 3], 0, 0.45 * spine[-1, 3] * (1 - pose.sit)])
    rise = build.tail_rise * (1 - 0.6 * pose.sit) + pose.tail_lift
    curl = build.tail_curl * (1 - 0.5 * pose.sit)
    balls = [[*point, build.tail_width]]
    for link in range(links):
        share = (link + 0.5) / links
        pitch = rise + curl * share
        swing = pose.tail_swing * (0.4 + 0.8 * share) + 55 * pose.sit * share
        point = point - direction(swing, -pitch) * build.tail / links
        point[2] = max(point[2], build.tail_width)
        balls.append([*point, build.tail_width * (1 - 0.35 * share**3)])
    return chain(balls, *animal.coat.tail, lift=-0.05)


_PHASES: Final = {(1, 1): 0.0, (1, -1): 0.5, (-1, 1): 0.75, (-1, -1): 0.25}
"""Of each leg (front or hind, left or right): the share of a stride by which it is ahead."""


def _legs(animal: Animal, spine: Floats, pose: Pose) -> tuple[Chain, ...]:
    return tuple((_front_leg if end > 0 else _hind_leg)(animal, spine, pose, side) for end, side in _PHASES)


def _foot(pose: Pose, end: int, side: int) -> tuple[float, float]:
    """How far a foot is ahead of its hip, and off the ground."""
    turn = 2 * np.pi * (pose.step + _PHASES[end, side])
    return 0.24 * pose.stride * float(np.cos(turn)), 0.13 * pose.stride * max(0.0, -float(np.sin(turn)))


def _front_leg(animal: Animal, spine: Floats, pose: Pose, side: int) -> Chain:
    build = animal.build
    ahead, lifted = _foot(pose, 1, side)
    x, _, z, radius = spine[0]
    y = side * radius * 0.55
    foot = x - 0.02 + ahead
    wide = build.legs
    balls = [
        [x - 0.04, y, z - radius * 0.1, wide * 1.25],
        [x - 0.08 + 0.35 * ahead, y, build.elbow * 0.85 + 0.3 * lifted, wide * 0.9],
        [foot - 0.02 - 0.5 * lifted, y, 0.22 + lifted, wide * 0.62],
        [foot, y, wide * 0.72 + lifted, wide * 0.66],
        [foot + wide * 0.75, y, wide * 0.6 + lifted * 0.8, wide * 0.62],
    ]
    return _leg(animal, balls, side)


def _hind_leg(animal: Animal, spine: Floats, pose: Pose, side: int) -> Chain:
    build = animal.build
    ahead, lifted = _foot(pose, -1, side)
    x, _, z, radius = spine[-1]
    y = side * radius * 0.6
    foot, wide, sit = x - 0.06 + ahead, build.legs, pose.sit
    standing = np.array(
        [
            [x + 0.03, y, z - radius * 0.15, wide * 1.75],
            [x + 0.12 + 0.4 * ahead, y, build.elbow * 0.86 + 0.3 * lifted, wide * 1.15],
            [foot - 0.10, y, 0.27 + lifted, wide * 0.6],
            [foot, y, wide * 0.72 + lifted, wide * 0.66],
            [foot + wide * 0.75, y, wide * 0.6 + lifted * 0.8, wide * 0.62],
        ]
    )
    out = side * (radius * 0.95)
    sitting = np.array(
        [
            [x + 0.05, out * 0.8, radius * 0.95, wide * 1.8],
            [x + 0.30, out, 0.30, wide * 1.25],
            [x + 0.16, out, wide * 0.8, wide * 0.8],
            [x + 0.30, out * 1.05, wide * 0.65, wide * 0.66],
            [x + 0.42, out * 1.05, wide * 0.6, wide * 0.64],
        ]
    )
    return _leg(animal, (standing + sit * (sitting - standing)).tolist(), side)


def _leg(animal: Animal, balls: list[list[float]], side: int) -> Chain:
    thigh, shin, paw = animal.coat.leg
    if side > 0:  # the far one when it faces right: never quite in the light
        thigh, shin, paw = (scaled(colour, 0.9) for colour in (thigh, shin, paw))
    return chain(balls, thigh, shin, paw, paw)
