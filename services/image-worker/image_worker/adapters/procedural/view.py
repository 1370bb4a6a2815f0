"""The camera, and the casting of rays onto a land of heights.

The heights along a column's ray, projected, are searched from near to far for the first that hides
a pixel. That is exact for whatever has one height at each place, so also for walls and roofs.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_worker.arrays import Floats, floats


@dataclass(frozen=True, slots=True)
class Camera:
    """`horizon` is its row, `focal` in pixels, `height` in metres; a picture in pixels."""

    width: int
    height: int
    horizon: float
    focal: float
    eye: float

    @property
    def across(self) -> Floats:
        """x / z of each column."""
        columns = np.arange(self.width, dtype=np.float32) + 0.5
        return floats((columns - self.width / 2) / self.focal)

    @property
    def up(self) -> Floats:
        """(y - eye) / z of each row."""
        rows = np.arange(self.height, dtype=np.float32) + 0.5
        return floats((self.horizon - rows) / self.focal)

    def row_of(self, y: float, z: float) -> float:
        """The row in which a point of this height and depth appears."""
        return self.horizon - self.focal * (y - self.eye) / z

    def column_of(self, x: float, z: float) -> float:
        """The column in which it appears."""
        return self.width / 2 + self.focal * x / z


@dataclass(frozen=True, slots=True)
class Hits:
    """Where each pixel's ray meets the land: height × width, `seen` false where it meets the sky.

    `y` is the height at which it meets it, below `top`, the height of the land there, on walls.
    """

    seen: NDArray[np.bool_]
    x: Floats
    y: Floats
    z: Floats
    top: Floats


def depths(near: float, far: float, count: int, dense: tuple[tuple[float, float], ...]) -> Floats:
    """Where to look along a ray: ever coarser, but fine within the ranges of `dense`."""
    places = [np.geomspace(near, far, count)]
    places += [np.linspace(low, high, 160) for low, high in dense]
    return floats(np.unique(np.concatenate(places)))


def cast(camera: Camera, along: Floats, heights: Floats) -> Hits:
    """Rays through all pixels; `heights` is depths × columns."""
    rows = camera.horizon - camera.focal * (heights - camera.eye) / along[:, None]
    reached = np.minimum.accumulate(rows, axis=0)
    wanted = np.arange(camera.height, dtype=np.float32) + 0.5
    first = np.empty((camera.height, camera.width), np.int64)
    for column in range(camera.width):
        first[:, column] = np.searchsorted(-reached[:, column], -wanted)
    seen = first < len(along)
    index = np.minimum(first, len(along) - 1)
    before = np.maximum(index - 1, 0)
    columns = np.arange(camera.width)[None, :]
    here, there = rows[index, columns], rows[before, columns]
    gap = there - here
    share = np.clip((there - wanted[:, None]) / np.where(gap > 1e-6, gap, 1), 0, 1)
    z = floats(along[before] + (along[index] - along[before]) * share)
    y = floats(camera.eye + camera.up[:, None] * z)
    return Hits(seen, floats(camera.across[None, :] * z), y, z, floats(heights[index, columns]))
