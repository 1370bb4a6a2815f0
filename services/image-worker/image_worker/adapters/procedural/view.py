"""The camera, and the casting of rays onto a land of heights.

The heights along a column's ray, projected, are searched from near to far for the first that hides
a pixel. That is exact for whatever has one height at each place, so also for walls and roofs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from image_worker.adapters.procedural.land import Height
from image_worker.arrays import Floats, floats

NEAR, FAR, DEPTHS = 2.0, 3_200.0, 800
#: How far beyond the picture's sides the land is known, as a part of its width: shadows come in.
_ASIDE = 0.3


@dataclass(frozen=True, slots=True)
class Camera:
    """`horizon` is its row, `focal` in pixels, `eye` its height in metres; a picture in pixels."""

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


class KnownLand:
    """Heights of the land at all places in sight, computed once, as finely as the picture shows."""

    def __init__(self, camera: Camera, height: Height) -> None:
        self._camera = camera
        self._aside = round(camera.width * _ASIDE)
        along = floats(np.geomspace(NEAR, FAR, DEPTHS))
        columns = np.arange(-self._aside, camera.width + self._aside, dtype=np.float32) + 0.5
        across = (columns - camera.width / 2) / camera.focal
        x = floats(across[None, :] * along[:, None])
        self._heights = height(x, floats(np.broadcast_to(along[:, None], x.shape)))

    def height(self, x: Floats, z: Floats) -> Floats:
        """At x, z; beyond what is known as at its edge."""
        camera = self._camera
        far = np.maximum(z, np.float32(NEAR))
        step = np.float32((DEPTHS - 1) / np.log(FAR / NEAR))
        rows = np.log(far * np.float32(1 / NEAR)) * step
        columns = x / far * np.float32(camera.focal)
        columns += np.float32(camera.width / 2 - 0.5 + self._aside)
        return floats(
            cv2.remap(
                self._heights,
                floats(columns),
                floats(rows),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
        )


@dataclass(frozen=True, slots=True)
class Hits:
    """Where each pixel's ray meets the land: height × width, `seen` false where it meets the sky.

    `y` is the height at which it meets it. `sample` is the depth (its number) that hid the pixel.
    """

    seen: NDArray[np.bool_]
    x: Floats
    y: Floats
    z: Floats
    sample: NDArray[np.int64]

    def of(self, values: NDArray[np.generic]) -> Floats:
        """For each pixel what stands in `values` (depths × columns) where its ray ended."""
        return floats(values[self.sample, np.arange(self.sample.shape[1])[None, :]])


def depths(dense: Sequence[tuple[float, float]]) -> Floats:
    """Where to look along a ray: ever coarser, but fine within the ranges of `dense`."""
    places = [np.geomspace(NEAR, FAR, DEPTHS)]
    places += [np.linspace(max(low, NEAR), high, 140) for low, high in dense]
    return floats(np.unique(np.concatenate(places)))


def cast(camera: Camera, along: Floats, heights: Floats) -> Hits:
    """Rays through all pixels; `heights` is depths × columns."""
    rows = camera.horizon - camera.focal * (heights - camera.eye) / along[:, None]
    reached = np.ascontiguousarray(-np.minimum.accumulate(rows, axis=0).T)
    wanted = np.arange(camera.height, dtype=np.float32) + 0.5
    first = np.empty((camera.width, camera.height), np.int64)
    for column in range(camera.width):
        first[column] = np.searchsorted(reached[column], -wanted)
    first = np.ascontiguousarray(first.T)
    seen = first < len(along)
    index = np.minimum(first, len(along) - 1)
    before = np.maximum(index - 1, 0)
    columns = np.arange(camera.width)[None, :]
    here, there = rows[index, columns], rows[before, columns]
    gap = there - here
    share = np.clip((there - wanted[:, None]) / np.where(gap > 1e-6, gap, 1), 0, 1)
    z = floats(along[before] + (along[index] - along[before]) * share)
    y = floats(camera.eye + camera.up[:, None] * z)
    return Hits(seen, floats(camera.across[None, :] * z), y, z, index)
