"""The lie of the land: one height for each place."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from image_worker.adapters.procedural.noise import fractal, sample, step, tile
from image_worker.adapters.procedural.scene import Place, Scene, Season, Subject
from image_worker.arrays import Floats, floats

Height = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Textures:
    """Seamless noise that a scene is made of."""

    plain: Floats
    fine: Floats
    ridges: Floats


@dataclass(frozen=True, slots=True)
class Land:
    """`height` in metres above the water (below: under water) at x, z.

    `eye` is how high above the ground the camera stands; `tree_line`, `snow_line` are heights.
    `woods` is how much of the land is wooded, 0 to 1.
    """

    height: Height
    eye: float
    woods: float
    tree_line: float
    snow_line: float
    sandy: bool = False


def textures(generator: np.random.Generator) -> Textures:
    """Drawn anew for each picture."""
    return Textures(tile(generator), tile(generator, 7, 0.72), _ridges(generator))


def land_of(scene: Scene, noise: Textures, generator: np.random.Generator) -> Land:
    """The land of a scene."""
    turn = float(generator.uniform(0, 1000))
    makers: dict[Place, Callable[[Scene, Textures, float], Land]] = {
        Place.MOUNTAINS: _mountains,
        Place.HILLS: _hills,
        Place.VILLAGE: _hills,
        Place.FOREST: _forest,
        Place.SEA: _sea,
        Place.LAKE: _lake,
        Place.DESERT: _desert,
        Place.CITY: _shore,
    }
    return makers[scene.place](scene, noise, turn)


def _ridges(generator: np.random.Generator) -> Floats:
    """Seamless mountains, 0 to about 1: steep slopes stay smooth, which looks worn by water."""
    side = 1024
    total = np.zeros((side, side), np.float32)
    down, across = np.zeros_like(total), np.zeros_like(total)
    amplitude, cells = 1.0, 4
    for octave in range(7):
        coarse = generator.standard_normal((cells, cells)).astype(np.float32) * 0.55
        layer = _stretched(coarse, side)
        if octave < 4:
            layer = floats(0.55 - np.abs(layer))
        slopes = np.gradient(layer, side / 256)
        down += floats(slopes[0] * 3)
        across += floats(slopes[1] * 3)
        total += np.float32(amplitude) * layer / (1 + down * down + across * across)
        amplitude, cells = amplitude * 0.46, cells * 2
    low, high = np.quantile(total, (0.02, 0.998))
    return floats(np.clip((total - low) / (high - low), 0, 1.1))


def _stretched(coarse: Floats, side: int) -> Floats:
    cells = coarse.shape[0]
    wrapped = np.pad(coarse, 2, mode="wrap")
    large = smooth_enlarged(wrapped, side // cells)
    margin = 2 * (side // cells)
    return floats(large[margin:-margin, margin:-margin])


def smooth_enlarged(coarse: Floats, factor: int) -> Floats:
    """Enlarged without corners."""
    import cv2

    return floats(cv2.resize(coarse, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC))


def _mountains(scene: Scene, noise: Textures, turn: float) -> Land:
    water = scene.has(Subject.RIVER)

    def height(x: Floats, z: Floats) -> Floats:
        rise = step(250, 1700, z)
        peaks = sample(noise.ridges, x + turn, z + turn, 3300) * (rise * 820)
        meadow = 4 + fractal(noise.plain, x + turn, z, 420, 4) * (2 + 10 * step(20, 300, z))
        valley = step(60, 900, floats(np.abs(x) + 0.12 * z))
        detail = fractal(noise.plain, x, z, 160, 3) * (rise * 9)
        land = meadow + peaks * (0.35 + 0.65 * valley) + detail
        return floats(land - (6 if water else 0) * step(15, 60, z) * (1 - step(180, 320, z)))

    return Land(height, 2.6, 0.5, 250, 260 if scene.season is not Season.WINTER else -5)


def _lake(scene: Scene, noise: Textures, turn: float) -> Land:
    def height(x: Floats, z: Floats) -> Floats:
        bank = fractal(noise.plain, x + turn, z * 0.8, 160, 4)
        near = 1.1 - 5 * step(6, 22, floats(z + bank * 3 + np.abs(x) * 0.25))
        far = 9 * step(330, 520, floats(z + bank * 60)) + 26 * step(400, 900, z)
        side = 16 * step(60, 190, floats(np.abs(x) - 0.22 * z + bank * 22))
        peaks = sample(noise.ridges, x + turn, z + turn, 3300) * (step(500, 1700, z) * 600)
        hills = fractal(noise.plain, x, z + turn, 520, 5) * (9 * step(300, 700, z))
        return floats(near + far + side + peaks + hills)

    return Land(height, 2.2, 0.75, 190, 330 if scene.season is not Season.WINTER else -5)


def _hills(scene: Scene, noise: Textures, turn: float) -> Land:
    def height(x: Floats, z: Floats) -> Floats:
        waves = fractal(noise.plain, x + turn, z + turn, 900, 4)
        near = fractal(noise.plain, x, z + turn, 130, 3) * (0.4 + 0.8 * step(5, 60, z))
        far = step(700, 2400, z) * 130 * (0.7 + 0.5 * sample(noise.ridges, x + turn, z, 3000))
        return floats(3 + near + waves * (22 * step(20, 420, z)) + far)

    return Land(height, 3.2, 0.34, 400, 900 if scene.season is not Season.WINTER else -5)


def _forest(scene: Scene, noise: Textures, turn: float) -> Land:
    def height(x: Floats, z: Floats) -> Floats:
        waves = fractal(noise.plain, x + turn, z + turn, 300, 4)
        sides = 10 * step(6, 60, floats(np.abs(x) - 0.05 * z))
        return floats(2 + waves * (0.6 + 6 * step(20, 200, z)) + sides * step(5, 80, z))

    return Land(height, 2.0, 1.0, 600, 900 if scene.season is not Season.WINTER else -5)


def _sea(scene: Scene, noise: Textures, turn: float) -> Land:
    side = 1.0 if turn > 500 else -1.0

    def height(x: Floats, z: Floats) -> Floats:
        bank = fractal(noise.plain, x + turn, z, 140, 4)
        beach = 1.4 - 6 * step(3, 15, floats(z - side * x * 0.55 + bank * 1.6))
        cape = floats(side * x - 0.16 * z - 20 + bank * 30)
        cliff = step(0, 34, cape) * (34 + 9 * fractal(noise.plain, x + turn, z, 300, 4))
        cliff *= step(130, 260, z) * (1 - step(1100, 1500, z))
        far = step(1900, 2300, z) * (26 * fractal(noise.plain, x + turn, z, 2100, 4) - 6)
        return floats(np.maximum(beach, -4) + cliff + np.maximum(far, 0))

    return Land(height, 2.4, 0.0, 200, 900, sandy=True)


def _desert(scene: Scene, noise: Textures, turn: float) -> Land:
    def height(x: Floats, z: Floats) -> Floats:
        warp = fractal(noise.plain, x + turn, z, 700, 2) * 70
        phase = (z * 0.62 + x * 0.5 + warp + turn) / 150
        wave = np.mod(phase, 1)
        # Dunes rise slowly with the wind and fall steeply behind it.
        dune = np.where(wave < 0.72, wave / 0.72, (1 - wave) / 0.28)
        size = 10 + 7 * sample(noise.plain, x, z + turn, 1500)
        grown = floats(np.power(dune, 1.5)) * size * step(10, 140, z)
        rocks = sample(noise.ridges, x + turn, z, 3200) * (step(1300, 2300, z) * 230)
        return floats(3 + grown + rocks + 0.3 * sample(noise.plain, x, z, 30))

    return Land(height, 4.0, 0.0, 0, 5000, sandy=True)


def _shore(scene: Scene, noise: Textures, turn: float) -> Land:
    def height(x: Floats, z: Floats) -> Floats:
        bank = fractal(noise.plain, x + turn, z, 400, 2)
        far = 4.5 * step(150, 156, floats(z + bank * 3))
        hills = step(900, 2200, z) * (60 + 55 * fractal(noise.plain, x + turn, z, 1700, 4))
        return floats(-3 + far + hills)

    return Land(height, 6.0, 0.0, 300, 900)
