"""What the land is made of, and how it is lit."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.facades import facades
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
from image_worker.adapters.procedural.solids import Built, Solid
from image_worker.adapters.procedural.trees import Crowns
from image_worker.adapters.procedural.view import Hits
from image_worker.arrays import Floats, floats

_GRASS = {
    Season.SPRING: ("5d7a3a", "86984a"),
    Season.SUMMER: ("56693a", "858550"),
    Season.AUTUMN: ("77693c", "a08a50"),
    Season.WINTER: ("dfe6ee", "f4f7fb"),
}
_LEAVES = {
    Season.SPRING: ("3a5c30", "64863f", "8fa659"),
    Season.SUMMER: ("233a22", "37542d", "4f6a36"),
    Season.AUTUMN: ("6a3a22", "a2622c", "bd8c3c"),
    Season.WINTER: ("3d4a45", "8f9c9c", "cfd8df"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What each pixel shows: `kind` 0 the ground, 1 a tree, 2 a building (number `owner`); and of
    the trees there what Crowns says. `ground` is the height of the ground."""

    kind: NDArray[np.int8]
    ground: Floats
    height: Floats
    number: Floats
    right: Floats
    ahead: Floats
    trunk: Floats
    owner: NDArray[np.int32]
    solids: Sequence[Solid]

    @classmethod
    def at(
        cls, hits: Hits, ground: Floats, crowns: Crowns, built: Built, solids: Sequence[Solid]
    ) -> "Standing":
        """Where the rays ended."""
        below = hits.of(ground)
        owner = np.asarray(hits.of(built.owner), np.int32)
        # A roof over a slope: the ground hides what lies deeper.
        owner = np.where((hits.of(built.top) > below - 0.01) & hits.seen, owner, -1)
        crown = hits.of(crowns.height)
        tree = (owner < 0) & (crown > 0.15) & (hits.y > below + 0.05)
        kind = np.where(owner >= 0, 2, np.where(tree, 1, 0)).astype(np.int8)
        return cls(
            kind,
            below,
            crown,
            hits.of(crowns.number),
            hits.of(crowns.right),
            hits.of(crowns.ahead),
            hits.of(crowns.trunk),
            owner.astype(np.int32),
            solids,
        )


def shaded(
    scene: Scene,
    land: Land,
    height: Height,
    hits: Hits,
    standing: Standing,
    light: Daylight,
    noise: Textures,
) -> Floats:
    """Everything that stands on the earth, lit; the air is not there yet."""
    normal = _normals(height, hits)
    albedo = ground(scene, land, hits, normal, noise)
    leaves, outward = _foliage(scene, standing, hits, noise)
    tree = floats(standing.kind == 1)
    albedo, normal = mix(albedo, leaves, tree), mix(normal, outward, tree)
    glow = np.zeros_like(albedo)
    if (standing.owner >= 0).any():
        houses = facades(
            standing.solids, standing.owner, hits, light, noise, snowy=land.snow_line < 0
        )
        albedo[houses.where], normal[houses.where] = houses.albedo, houses.normal
        glow[houses.where] = houses.light
    shadow = _shadows(height, hits, light)
    return floats(_lit(albedo, normal, shadow, light) + glow)


def _normals(height: Height, hits: Hits) -> Floats:
    """Unit vectors off the land, smoothed over what a pixel covers."""
    reach = floats(np.maximum(0.3, hits.z * 0.006))
    here = height(hits.x, hits.z)
    right = height(floats(hits.x + reach), hits.z)
    ahead = height(hits.x, floats(hits.z + reach))
    normal = np.stack([-(right - here) / reach, np.ones_like(here), -(ahead - here) / reach], -1)
    return floats(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def _shadows(height: Height, hits: Hits, light: Daylight) -> Floats:
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
    # Blades stand upright: in the picture they are streaks.
    blades = _blades(hits) * (1 - step(5, 36, hits.z))
    if scene.place is Place.DESERT:
        return _sand(hits, noise, large, floats(speckle))
    first, second = (screen(name) for name in _GRASS[scene.season])
    grass = mix(first, second, step(-2.2, 2.2, floats(large + 0.6 * speckle)))
    grass *= (1 + 0.16 * speckle + 0.2 * blades)[..., None]
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


def _blades(hits: Hits) -> Floats:
    shape, unit = hits.z.shape, max(hits.z.shape) / 1024
    grain = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    streaks = cv2.GaussianBlur(grain, (0, 0), 0.9 * unit, None, 4.5 * unit)
    return floats(streaks / streaks.std())


def _sand(hits: Hits, noise: Textures, large: Floats, speckle: Floats) -> Floats:
    ripple = np.sin(hits.z * 2.2 + hits.x * 0.9 + 5 * sample(noise.plain, hits.x, hits.z, 34))
    shade = 0.07 * ripple / (1 + hits.z / 24) + 0.05 * speckle
    sand = mix(screen("c98f55"), screen("e3b878"), step(-1.5, 1.5, large))
    return floats(sand * (1 + shade)[..., None])


def _with_flowers(scene: Scene, grass: Floats, hits: Hits, noise: Textures) -> Floats:
    if not scene.has(Subject.FLOWERS):
        return grass
    patch = sample(noise.plain, hits.x, floats(hits.z + 40), 26)
    right, ahead = hits.x / 0.17, hits.z / 0.3
    fine = scatter(floats(np.floor(right)), floats(np.floor(ahead)), 77)
    away = np.hypot(right - np.floor(right) - 0.5, ahead - np.floor(ahead) - 0.5)
    head = np.maximum(1 - step(0.3, 0.5, floats(away)), step(20, 45, hits.z) * 0.6)
    tint = mix(screen("c23b4b"), screen("e8c33f"), step(0.0, 1.0, patch))
    tint = mix(tint, screen("8d62c9"), step(-0.4, -1.1, patch))
    share = head * (fine > 0.66) * step(-0.7, 0.5, patch) * (1 - step(25, 140, hits.z) * 0.6)
    return mix(grass, tint, floats(share * 0.85))


def _snowed(land: Land, surface: Floats, hits: Hits, steep: Floats, large: Floats) -> Floats:
    line = hits.y + 34 * large
    snow = step(land.snow_line, land.snow_line + 70, floats(line))
    if land.snow_line < 0:
        snow = np.ones_like(snow)
    snow = snow * (1 - step(0.34, 0.6, floats(steep)) * 0.85)
    return mix(surface, colour(0.82, 0.86, 0.93), floats(snow))


def _foliage(
    scene: Scene, standing: Standing, hits: Hits, noise: Textures
) -> tuple[Floats, Floats]:
    """Colour of trees, and their direction off the surface."""
    dark, middle, bright = (screen(name) for name in _LEAVES[scene.season])
    number = standing.number
    tint = mix(mix(dark, middle, step(0.0, 0.6, number)), bright, step(0.62, 1.0, number))
    above = hits.y - standing.ground
    fine = fractal(noise.fine, floats(hits.x + number * 40), floats(hits.y * 1.3), 4.4, 2)
    # Light comes from above: the lower branches are dark.
    depth = step(0.0, 1.0, floats(above / np.maximum(standing.height, 1.0)))
    tint = tint * (0.5 + 0.6 * depth + 0.24 * fine)[..., None]
    if scene.season is Season.WINTER:
        snow = step(0.5, 1.1, floats(fine * 0.5 + 0.3 + depth * 0.4))
        tint = mix(floats(tint), colour(0.8, 0.85, 0.92), floats(snow * 0.8))
    bark = screen("4a3b2e") * (0.8 + 0.35 * fine)[..., None]
    tint = mix(floats(tint), floats(bark), floats(standing.trunk > 0))
    normal = np.stack([standing.right, np.full_like(number, 0.55), standing.ahead], -1)
    normal += 0.35 * fine[..., None] * np.array([1, 0.4, 0.6], np.float32)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return floats(np.clip(tint, 0.004, 1)), floats(normal)


def _lit(albedo: Floats, normal: Floats, shadow: Floats, light: Daylight) -> Floats:
    """What the sun and the sky make of a surface's colour."""
    facing = np.clip(normal @ light.toward_sun, 0, 1) * shadow
    overhead = 0.6 + 0.4 * normal[..., 1]
    bounced = 0.10 * np.clip(-normal @ light.toward_sun + 0.3, 0, 1)
    shine = facing[..., None] * light.sun + overhead[..., None] * light.ambient * 1.35
    return floats(albedo * (shine + bounced[..., None] * light.sun * 0.4))
