"""Conifers and broad-leaved trees, each at its own place in a grid of cells."""

import numpy as np

from image_worker.adapters.procedural.land import Land, Textures
from image_worker.adapters.procedural.noise import fractal, scatter, step
from image_worker.adapters.procedural.scene import Place, Scene
from image_worker.arrays import Floats, floats

#: Side of a cell, in metres; a tree's crown stays within a cell and its neighbours.
CELL = 7.0
_CLEARING = {
    Place.FOREST: (3.2, 0.035),
    Place.MOUNTAINS: (26.0, 0.1),
    Place.LAKE: (9.0, 0.1),
    Place.HILLS: (14.0, 0.06),
    Place.VILLAGE: (30.0, 0.1),
    Place.SEA: (30.0, 0.0),
}


class Trees:
    """All trees of a scene: none is stored, each follows from its cell."""

    def __init__(self, scene: Scene, land: Land, noise: Textures, salt: int) -> None:
        self._scene = scene
        self._land = land
        self._noise = noise
        self._salt = salt
        self._nearest = 9.0 if scene.place is Place.FOREST else 34.0
        self._broad = 0.25 if scene.place in {Place.MOUNTAINS, Place.FOREST} else 0.6

    def crowns(self, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        """Height of the crown above the ground at x, z (0 between trees), and the tree's number."""
        tallest, number = np.zeros(np.shape(x), np.float32), np.zeros(np.shape(x), np.float32)
        if self._land.woods <= 0:
            return tallest, number
        cell_x, cell_z = np.floor(x / CELL - 0.5), np.floor(z / CELL - 0.5)
        for right in (0, 1):
            for ahead in (0, 1):
                crown, own = self._tree(floats(cell_x + right), floats(cell_z + ahead), x, z)
                number = np.where(crown > tallest, own, number)
                tallest = np.maximum(tallest, crown)
        return floats(tallest), floats(number)

    def _tree(self, cell_x: Floats, cell_z: Floats, x: Floats, z: Floats) -> tuple[Floats, Floats]:
        number = scatter(cell_x, cell_z, self._salt)
        other = scatter(cell_x, cell_z, self._salt + 1)
        # A cell's centre is at its index plus a half.
        at_x = (cell_x + 0.5 + (number - 0.5) * 0.6) * CELL
        at_z = (cell_z + 0.5 + (other - 0.5) * 0.6) * CELL
        away = np.sqrt((x - at_x) ** 2 + (z - at_z) ** 2)
        broad = scatter(cell_x, cell_z, self._salt + 2) < self._broad
        radius = np.where(broad, 3.1, 2.1) * (0.65 + 0.35 * other)
        near = np.clip(1 - away / radius, 0, 1)
        cone = near * (9 + 8 * number)
        dome = np.sqrt(np.clip(1 - (away / radius) ** 2, 0, 1)) * (5.5 + 3.5 * number)
        crown = np.where(broad, dome, cone)
        return floats(np.where(self._grows(floats(at_x), floats(at_z)), crown, 0)), floats(number)

    def _grows(self, x: Floats, z: Floats) -> Floats:
        density = fractal(self._noise.plain, floats(x + 91), floats(z - 37), 330, 3)
        ground = self._land.height(floats(x), floats(z))
        open_width, widening = _CLEARING.get(self._scene.place, (20.0, 0.1))
        clear = np.abs(x) > open_width + widening * z
        wooded = density > np.float32(1.6 - 3.4 * self._land.woods)
        return floats(
            wooded
            & clear
            & (z > self._nearest)
            & (ground > 0.8)
            & (ground < self._land.tree_line * (0.75 + 0.25 * step(-1, 1, density)))
        )
