"""Trees, each at its own place in a grid of cells: none is stored, each follows from its cell."""

from dataclasses import dataclass

import numpy as np

from image_worker.adapters.procedural.land import Height, Land, Textures
from image_worker.adapters.procedural.noise import fractal, sample, scatter, step
from image_worker.adapters.procedural.scene import Place, Scene
from image_worker.arrays import Floats, floats

#: Side of a cell, in metres; a crown stays within its cell and the neighbours.
CELL = 7.0
#: Half the width of the way through the wood at the camera, and how it widens.
_CLEARING = {
    Place.FOREST: (2.6, 0.03),
    Place.MOUNTAINS: (26.0, 0.1),
    Place.LAKE: (9.0, 0.1),
    Place.HILLS: (14.0, 0.06),
    Place.VILLAGE: (30.0, 0.1),
    Place.SEA: (30.0, 0.0),
}
#: Nearer trees would show that they are simple; in a wood they are bare trunks.
_NEAREST, _TRUNKS_UNTIL = 58.0, 40.0


@dataclass(frozen=True, slots=True)
class Crowns:
    """At each place: the crown's height above the ground (0 between trees), the tree's number (0 to
    1), and how far from its middle the place is, to the right and ahead (-1 to 1)."""

    height: Floats
    number: Floats
    right: Floats
    ahead: Floats
    trunk: Floats


class Trees:
    """All trees of a scene."""

    def __init__(
        self, scene: Scene, land: Land, ground: Height, noise: Textures, salt: int
    ) -> None:
        self._scene = scene
        self._land = land
        self._ground = ground
        self._noise = noise
        self._salt = salt
        self._broad = 0.2 if scene.place in {Place.MOUNTAINS, Place.FOREST} else 0.5

    def crowns(self, x: Floats, z: Floats) -> Crowns:
        """What stands at x, z."""
        shape = np.shape(x)
        best = Crowns(*(np.zeros(shape, np.float32) for _ in range(5)))
        if self._land.woods <= 0:
            return best
        ragged = 1 + 0.2 * sample(self._noise.fine, x, z, 5.3)
        cell_x, cell_z = np.floor(x / CELL - 0.5), np.floor(z / CELL - 0.5)
        for right in (0, 1):
            for ahead in (0, 1):
                own = self._tree(cell_x + right, cell_z + ahead, x, z, ragged)
                taller = own.height > best.height
                best = Crowns(
                    *(
                        floats(np.where(taller, getattr(own, name), getattr(best, name)))
                        for name in Crowns.__slots__
                    )
                )
        return best

    def _tree(self, cell_x: Floats, cell_z: Floats, x: Floats, z: Floats, ragged: Floats) -> Crowns:
        number = scatter(cell_x, cell_z, self._salt)
        other = scatter(cell_x, cell_z, self._salt + 1)
        # A cell's middle is at its index plus a half.
        at_x = floats((cell_x + 0.5 + (number - 0.5) * 0.6) * CELL)
        at_z = floats((cell_z + 0.5 + (other - 0.5) * 0.6) * CELL)
        right, ahead = x - at_x, z - at_z
        away = np.sqrt(right * right + ahead * ahead)
        broad = scatter(cell_x, cell_z, self._salt + 2) < self._broad
        radius = np.where(broad, 3.2, 2.2) * (0.62 + 0.38 * other)
        near = np.clip(1 - away / radius * ragged, 0, 1)
        cone = np.power(near, 0.85) * (9 + 9 * number)
        dome = np.sqrt(np.clip(1 - (away / radius * ragged) ** 2, 0, 1)) * (5 + 3.5 * number)
        crown = np.where(broad, dome, cone)
        trunk = np.zeros_like(crown)
        if self._scene.place is Place.FOREST:
            trunk = floats(at_z < _TRUNKS_UNTIL + 30 * other)
            bark = (away < 0.2 + 0.28 * number) * np.float32(60.0)
            crown = np.where(trunk > 0, bark, crown * 1.6)
        crown = crown * self._grows(at_x, at_z)
        return Crowns(
            floats(crown), number, floats(right / radius), floats(ahead / radius), floats(trunk)
        )

    def _grows(self, x: Floats, z: Floats) -> Floats:
        density = fractal(self._noise.plain, floats(x + 91), floats(z - 37), 330, 2)
        ground = self._ground(x, z)
        half, widening = _CLEARING.get(self._scene.place, (20.0, 0.1))
        wooded = density > np.float32(1.6 - 3.4 * self._land.woods)
        nearest = 7.0 if self._scene.place is Place.FOREST else _NEAREST
        highest = self._land.tree_line * (0.75 + 0.25 * step(-1, 1, density))
        clear = np.abs(x) > half + widening * z
        return floats(wooded & clear & (z > nearest) & (ground > 0.8) & (ground < highest))
