"""Parts of figures: polygons of one colour."""

from dataclasses import dataclass

import numpy as np

from image_worker.arrays import Floats, floats


@dataclass(frozen=True, slots=True)
class Part:
    """An outline (x to the right, y upwards, in metres from where the figure stands) in one colour.

    `facing` is the side of the figure that it is on, -1 to 1; `glow` is light of its own.
    """

    points: Floats
    colour: str
    facing: float = 0.0
    opacity: float = 1.0
    glow: float = 0.0

    def turned(self, way: float) -> "Part":
        """Mirrored when `way` is -1."""
        points = floats(self.points * np.array([way, 1], np.float32))
        return Part(points, self.colour, self.facing * way, self.opacity, self.glow)


def polygon(text: str) -> Floats:
    """Corners, written `x,y` with spaces between them."""
    return floats([[float(number) for number in corner.split(",")] for corner in text.split()])


def curve(text: str) -> Floats:
    """A smooth closed outline through the corners."""
    return rounded(polygon(text))


def rounded(corners: Floats, steps: int = 8) -> Floats:
    """The same (Catmull and Rom, 1974)."""
    before, after = np.roll(corners, 1, 0), np.roll(corners, -1, 0)
    later = np.roll(corners, -2, 0)
    share = np.linspace(0, 1, steps, endpoint=False)[:, None, None]
    points = 2 * corners + (after - before) * share
    points = points + (2 * before - 5 * corners + 4 * after - later) * share**2
    points = points + (3 * corners - before - 3 * after + later) * share**3
    return floats(0.5 * points.transpose(1, 0, 2).reshape(-1, 2))
