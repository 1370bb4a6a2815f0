"""What the land is made of, and how it is lit."""

import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Height, Land, Textures
from image_worker.adapters.procedural.noise import (
    colour,
    fractal,
    mix,
    sample,
    scatter,
    screen,
    step,
)
from image_worker.adapters.procedural.scene import Place, Scene, Season, Subject
from image_worker.adapters.procedural.trees import CELL, Trees
from image_worker.adapters.procedural.view import Hits
from image_worker.arrays import Floats, floats

_GRASS = {
    Season.SPRING: ("5f8f35", "87ad46"),
    Season.SUMMER: ("52782f", "83963f"),
    Season.AUTUMN: ("8a7434", "b08c40"),
    Season.WINTER: ("dfe6ee", "f4f7fb"),
}
_LEAVES = {
    Season.SPRING: ("3f6f2f", "7fa84a", "a8c46a"),
    Season.SUMMER: ("24421f", "3f6430", "587a37"),
    Season.AUTUMN: ("7a3a1c", "c0722a", "d7a53a"),
    Season.WINTER: ("3d4a45", "8f9c9c", "cfd8df"),
}


def normals(height: Height, hits: Hits) -> Floats:
    """Unit vectors off the land, smoothed over what a pixel covers."""
    reach = floats(np.maximum(0.25, hits.z * 0.0035))
    here = height(hits.x, hits.z)
    right = height(floats(hits.x + reach), hits.z)
    ahead = height(hits.x, floats(hits.z + reach))
    normal = np.stack([-(right - here) / reach, np.ones_like(here), -(ahead - here) / reach], -1)
    return floats(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def shadows(height: Height, hits: Hits, light: Daylight) -> Floats:
    """1 in the sun, 0 in the shadow of other land."""
    towards = light.toward_sun
    lit = np.ones(np.shape(hits.z), np.float32)
    reach = floats(np.maximum(2.0, hits.z * 0.012))
    for number in range(14):
        x = floats(hits.x + towards[0] * reach)
        z = floats(np.maximum(hits.z + towards[2] * reach, 1.0))
        above = height(x, z) - (hits.y + towards[1] * reach)
        lit = np.minimum(lit, 1 - step(0.0, 1.0, floats(above / (0.03 * reach + 0.3))))
        reach = floats(reach * (1.42 + 0.02 * number))
    return floats(lit)


def ground(scene: Scene, land: Land, hits: Hits, normal: Floats, noise: Textures) -> Floats:
    """Colour of the bare land: grass, rock, sand, snow."""
    steep = 1 - normal[..., 1]
    large = sample(noise.plain, hits.x, hits.z, 190)
    small = fractal(noise.fine, hits.x, hits.z, 9, 3)
    speckle = small / (1 + hits.z / 60)
    if scene.place is Place.DESERT:
        return _sand(hits, noise, large, floats(speckle))
    first, second = (screen(name) for name in _GRASS[scene.season])
    grass = mix(first, second, step(-1.4, 1.6, floats(large + 0.7 * speckle)))
    grass *= (1 + 0.22 * speckle)[..., None]
    grass = _with_flowers(scene, grass, hits, noise)
    rock = mix(screen("5d5a58"), screen("8d8378"), step(-1.5, 1.5, floats(small + large)))
    rocky = step(0.16, 0.42, floats(steep + 0.05 * small)) * step(4, 22, hits.y)
    rocky = np.maximum(rocky, step(190, 330, floats(hits.y + 40 * large)))
    surface = mix(grass, rock, floats(rocky))
    if land.sandy:
        beach = 1 - step(1.1, 2.4, floats(hits.y + 0.3 * large))
        surface = mix(
            surface, floats(screen("cdb78a") * (1 + 0.1 * speckle)[..., None]), floats(beach)
        )
    else:
        bank = 1 - step(0.15, 0.9, floats(hits.y + 0.1 * small))
        surface = mix(
            surface, floats(screen("6b6152") * (1 + 0.2 * speckle)[..., None]), floats(bank)
        )
    return _snowed(land, surface, hits, steep, floats(large + 0.5 * small))


def _sand(hits: Hits, noise: Textures, large: Floats, speckle: Floats) -> Floats:
    ripple = np.sin(hits.z * 2.2 + hits.x * 0.9 + 5 * sample(noise.plain, hits.x, hits.z, 34))
    shade = 0.07 * ripple / (1 + hits.z / 24) + 0.05 * speckle
    sand = mix(screen("c98f55"), screen("e3b878"), step(-1.5, 1.5, large))
    return floats(sand * (1 + shade)[..., None])


def _with_flowers(scene: Scene, grass: Floats, hits: Hits, noise: Textures) -> Floats:
    if not scene.has(Subject.FLOWERS):
        return grass
    patch = sample(noise.plain, hits.x, floats(hits.z + 40), 26)
    fine = scatter(floats(np.floor(hits.x * 9)), floats(np.floor(hits.z * 5)), 77)
    tint = mix(screen("c23b4b"), screen("e8c33f"), step(0.0, 1.0, patch))
    tint = mix(tint, screen("8d62c9"), step(-0.4, -1.1, patch))
    share = (fine > 0.72) * step(-0.7, 0.5, patch) * (1 - step(25, 140, hits.z) * 0.6)
    return mix(grass, tint, floats(share * 0.85))


def _snowed(land: Land, surface: Floats, hits: Hits, steep: Floats, large: Floats) -> Floats:
    line = hits.y + 34 * large
    snow = step(land.snow_line, land.snow_line + 70, floats(line))
    if land.snow_line < 0:
        snow = np.ones_like(snow)
    snow = snow * (1 - step(0.34, 0.6, floats(steep)) * 0.85)
    return mix(surface, colour(0.82, 0.86, 0.93), floats(snow))


def foliage(scene: Scene, trees: Trees, hits: Hits, noise: Textures) -> tuple[Floats, Floats]:
    """Where trees are (0 to 1), and their colour."""
    crown, number = trees.crowns(hits.x, hits.z)
    dark, middle, bright = (screen(name) for name in _LEAVES[scene.season])
    tint = mix(mix(dark, middle, step(0.0, 0.6, number)), bright, step(0.62, 1.0, number))
    fine = fractal(noise.fine, floats(hits.x * 1.0 + number * 40), hits.y, CELL * 0.6, 2)
    depth = step(0.0, 7.0, crown)
    tint = tint * (0.42 + 0.62 * depth + 0.16 * fine)[..., None]
    if scene.season is Season.WINTER:
        tint = mix(
            floats(tint), colour(0.8, 0.85, 0.92), step(0.35, 0.8, floats(fine * 0.5 + depth))
        )
    return step(0.15, 0.6, crown), floats(np.clip(tint, 0.004, 1))


def lit(albedo: Floats, normal: Floats, shadow: Floats, light: Daylight) -> Floats:
    """What the sun and the sky make of a surface's colour."""
    facing = np.clip(normal @ light.toward_sun, 0, 1) * shadow
    overhead = 0.62 + 0.38 * normal[..., 1]
    bounced = 0.10 * np.clip(-normal @ light.toward_sun + 0.3, 0, 1)
    shine = facing[..., None] * light.sun + overhead[..., None] * light.ambient * 1.35
    return floats(albedo * (shine + bounced[..., None] * light.sun * 0.4))
