"""Buildings, put together from a few solids that have one height at each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from image_worker.adapters.procedural.view import Camera
from image_worker.arrays import Floats, floats


class Shape(Enum):
    """What a solid looks like from above, and what its top does."""

    BOX = auto()
    GABLE = auto()  # a ridge along its length
    PYRAMID = auto()
    CYLINDER = auto()
    CONE = auto()
    CRENELLATED = auto()  # a box with battlements
    BROKEN = auto()  # a box with a ragged top


class Wall(Enum):
    """What a solid is made of."""

    STONE = auto()
    PLASTER = auto()
    WOOD = auto()
    TILES = auto()
    SLATE = auto()
    CONCRETE = auto()
    GLASS = auto()
    BANDS = auto()  # a lighthouse's
    LAMP = auto()


@dataclass(frozen=True, slots=True)
class Solid:
    """`long` and `deep` are half its sides (or its radius), `turn` its angle from above.

    It begins at `base` and is `tall`; `storey` is the distance of its windows, 0 for none. It
    hides what is below its `base`: that looks like what it stands `on`.
    """

    shape: Shape
    wall: Wall
    x: float
    z: float
    long: float
    deep: float
    base: float
    tall: float
    turn: float = 0.0
    storey: float = 0.0
    #: How many solids earlier in the list what it stands on is; 0 if it stands on the ground.
    on: int = 0

    @property
    def reach(self) -> float:
        """No part of it is farther from its middle."""
        return float(np.hypot(self.long, self.deep)) + 0.1

    def local(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Along and across it, from its middle."""
        cos, sin = np.float32(np.cos(self.turn)), np.float32(np.sin(self.turn))
        right, ahead = x - np.float32(self.x), z - np.float32(self.z)
        return floats(right * cos + ahead * sin), floats(ahead * cos - right * sin)

    def top(self, x: Floats, z: Floats) -> Floats:
        """Height of its surface above the water; minus infinity beside it."""
        along, across = self.local(x, z)
        a, b = np.abs(along) / self.long, np.abs(across) / self.deep
        if self.shape in {Shape.CYLINDER, Shape.CONE}:
            away = np.sqrt(a * a + b * b)
            inside = away <= 1
            share = 1 - away if self.shape is Shape.CONE else np.ones_like(away)
        else:
            inside = (a <= 1) & (b <= 1)
            share = self._share(along, floats(a), floats(b))
        return floats(np.where(inside, self.base + self.tall * share, -np.inf))

    def _share(self, along: Floats, a: Floats, b: Floats) -> Floats:
        if self.shape is Shape.GABLE:
            return floats(1 - b)
        if self.shape is Shape.PYRAMID:
            return floats(1 - np.maximum(a, b))
        if self.shape is Shape.CRENELLATED:
            return floats(np.where(np.mod(along / 1.1, 2) < 1.1, 1.0, 1 - 0.9 / self.tall))
        if self.shape is Shape.BROKEN:
            wave = np.sin(along * 0.55 + self.x) + 0.3 * np.sin(along * 1.9 + self.z)
            # Courses of stone: a ruin breaks off in steps.
            steps = np.floor((0.66 + 0.2 * wave - 0.35 * a * a) * 9) / 9
            return floats(np.clip(steps, 0.1, 1))
        return np.ones_like(a)


@dataclass(frozen=True, slots=True)
class Built:
    """At each place (depths × columns) the highest solid: its top and its number, -1 for none."""

    top: Floats
    owner: NDArray[np.int32]


def build(solids: Sequence[Solid], camera: Camera, along: Floats) -> Built:
    """Look each solid up only where it can be."""
    shape = (len(along), camera.width)
    top, owner = np.full(shape, -np.inf, np.float32), np.full(shape, -1, np.int32)
    across = camera.across
    for number, solid in enumerate(solids):
        first = int(np.searchsorted(along, solid.z - solid.reach))
        last = int(np.searchsorted(along, solid.z + solid.reach)) + 1
        nearest = max(solid.z - solid.reach, 1.0)
        sides = [
            (solid.x + side * solid.reach) / z
            for side in (-1, 1)
            for z in (nearest, solid.z + solid.reach)
        ]
        left = int(np.searchsorted(across, min(sides)))
        right = int(np.searchsorted(across, max(sides))) + 1
        z = along[first:last, None]
        x = floats(across[None, left:right] * z)
        if not x.size:
            continue
        own = solid.top(x, floats(np.broadcast_to(z, x.shape)))
        place = (slice(first, last), slice(left, right))
        higher = own > top[place]
        top[place] = np.where(higher, own, top[place])
        owner[place] = np.where(higher, number, owner[place])
    return Built(top, owner)


def ranges(solids: Sequence[Solid]) -> list[tuple[float, float]]:
    """The depths that must be looked at finely, joined where they overlap."""
    joined: list[tuple[float, float]] = []
    for low, high in sorted((s.z - s.reach, s.z + s.reach) for s in solids):
        if joined and low <= joined[-1][1] + 2:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return joined
