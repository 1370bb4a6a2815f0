"""How buildings look: walls, roofs, windows that are lit at night."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Textures
from image_worker.adapters.procedural.noise import colour, fractal, mix, scatter, screen, step
from image_worker.adapters.procedural.solids import Shape, Solid, Wall
from image_worker.adapters.procedural.view import Hits
from image_worker.arrays import Floats, floats

_COLOURS = {
    Wall.STONE: ("77706a", "948b80"),
    Wall.PLASTER: ("c9bda6", "e2d8c4"),
    Wall.WOOD: ("5c4330", "7a5a3e"),
    Wall.TILES: ("7d3b2a", "9b5238"),
    Wall.SLATE: ("3b434f", "525b66"),
    Wall.CONCRETE: ("7f7d7a", "a09c96"),
    Wall.GLASS: ("3c4c5c", "56697a"),
    Wall.BANDS: ("e8e4dc", "f2efe9"),
    Wall.LAMP: ("ffe9b0", "fff3d0"),
}
_SNOW = colour(0.8, 0.84, 0.91)
_LIT = (colour(1.0, 0.62, 0.26), colour(0.95, 0.8, 0.55), colour(0.62, 0.78, 1.0))


@dataclass(frozen=True, slots=True)
class Facades:
    """Colour, direction off the surface, and light of its own, of the pixels `where` (height ×
    width) that show a building: one row for each of them."""

    where: NDArray[np.bool_]
    albedo: Floats
    normal: Floats
    light: Floats


def facades(
    solids: Sequence[Solid],
    owner: NDArray[np.int32],
    hits: Hits,
    light: Daylight,
    noise: Textures,
    *,
    snowy: bool,
) -> Facades:
    """`owner` is the number of the solid that each pixel shows, -1 for none."""
    owner = _lowered(solids, owner, hits.y)
    where = owner >= 0
    count = int(where.sum())
    result = Facades(where, *(np.zeros((count, 3), np.float32) for _ in range(3)))
    x, y, z = hits.x[where], hits.y[where], hits.z[where]
    owners = owner[where]
    for number in np.unique(owners):
        own = owners == number
        part = _looks(solids[number], int(number), x[own], y[own], z[own], light, noise)
        if snowy:
            lying = step(0.35, 0.6, floats(part[1][:, 1]))
            part = (mix(part[0], _SNOW, floats(lying * 0.9)), *part[1:])
        for target, values in zip((result.albedo, result.normal, result.light), part, strict=True):
            target[own] = values
    return result


def _lowered(solids: Sequence[Solid], owner: NDArray[np.int32], y: Floats) -> NDArray[np.int32]:
    """Below its base, a solid looks like what it stands on."""
    lowered = owner.copy()
    for number in sorted((int(n) for n in np.unique(owner) if n >= 0), reverse=True):
        part = number
        while solids[part].on:
            below = (lowered == part) & (y < solids[part].base)
            lowered[below] = part - solids[part].on
            part -= solids[part].on
    return lowered


def _looks(
    solid: Solid, number: int, x: Floats, y: Floats, z: Floats, light: Daylight, noise: Textures
) -> tuple[Floats, Floats, Floats]:
    along, across = solid.local(x, z)
    # Rays end a little before what they meet: pull them onto the solid.
    a = np.clip(along / solid.long, -1, 1)
    b = np.clip(across / solid.deep, -1, 1)
    top = solid.top(*_placed(solid, floats(a * solid.long * 0.999), floats(b * solid.deep * 0.999)))
    on_roof = y > top - np.float32(0.04 * solid.tall + 0.08)
    normal, sideways = _normal(solid, a, b, on_roof)
    around = np.where(sideways, across, along)
    if solid.shape in {Shape.CYLINDER, Shape.CONE}:
        around = np.arctan2(b, a) * solid.long
    around = floats(around)
    albedo = _surface(solid, number, around, y, noise)
    glow = np.zeros_like(albedo)
    if solid.wall is Wall.LAMP:
        glow += _LIT[0] * np.float32(0.4 + 5 * light.lamps)
    if solid.storey > 0:
        albedo, glow = _windows(solid, number, around, y, on_roof, albedo, light)
    return albedo, normal, glow


def _placed(solid: Solid, along: Floats, across: Floats) -> tuple[Floats, Floats]:
    cos, sin = np.float32(np.cos(solid.turn)), np.float32(np.sin(solid.turn))
    return (
        floats(solid.x + along * cos - across * sin),
        floats(solid.z + along * sin + across * cos),
    )


def _normal(
    solid: Solid, a: Floats, b: Floats, on_roof: NDArray[np.bool_]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Of the surface; and whether it is one of the walls at the ends."""
    sideways = np.abs(a) > np.abs(b)
    out_a = np.where(sideways, np.sign(a), 0.0)
    out_b = np.where(sideways, 0.0, np.sign(b))
    up = np.zeros_like(a)
    if solid.shape in {Shape.CYLINDER, Shape.CONE}:
        out_a, out_b = a, b
    sloped = {Shape.GABLE: (0, 1), Shape.PYRAMID: (1, 1), Shape.CONE: (1, 1)}.get(solid.shape)
    if sloped is None:
        out_a, out_b = np.where(on_roof, 0, out_a), np.where(on_roof, 0, out_b)
        up = np.where(on_roof, 1, up)
    else:
        steep = solid.deep / solid.tall
        out_a = np.where(on_roof, out_a * sloped[0], out_a)
        out_b = np.where(on_roof, np.sign(b) if solid.shape is Shape.GABLE else out_b, out_b)
        up = np.where(on_roof, steep, up)
    cos, sin = np.cos(solid.turn), np.sin(solid.turn)
    normal = np.stack([out_a * cos - out_b * sin, up, out_a * sin + out_b * cos], -1)
    length = np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-3)
    return floats(normal / length), sideways


def _surface(solid: Solid, number: int, around: Floats, y: Floats, noise: Textures) -> Floats:
    first, second = (screen(name) for name in _COLOURS[solid.wall])
    own = scatter(floats([number]), floats([3.0]), 5)[0]
    flat_around, flat_y = around[None], y[None]
    grain = fractal(noise.fine, flat_around, flat_y, 5.5, 3)[0]
    albedo = mix(first, second, step(-1.6, 1.6, floats(grain + 2.4 * (own - 0.5))))
    if solid.wall in {Wall.TILES, Wall.SLATE}:
        rows = 0.82 + 0.18 * np.cos(y * 2 * np.pi / 0.55)
        albedo *= floats(rows)[:, None]
    if solid.wall is Wall.STONE:
        joints = np.maximum(np.cos(y * 2 * np.pi / 0.9), np.cos(around * 2 * np.pi / 1.7))
        albedo *= floats(1 - 0.16 * step(0.86, 1.0, floats(joints)))[:, None]
    if solid.wall is Wall.WOOD:
        albedo *= floats(0.86 + 0.14 * np.cos(y * 2 * np.pi / 0.32))[:, None]
    if solid.wall is Wall.BANDS and round((solid.base + 100) / solid.tall) % 2:
        albedo = np.broadcast_to(screen("b23a30"), albedo.shape).copy()
    # Walls are darker where they meet the ground.
    return floats(albedo * (0.66 + 0.34 * step(0.0, 3.0, floats(y - solid.base - 1.5)))[:, None])


def _windows(
    solid: Solid,
    number: int,
    around: Floats,
    y: Floats,
    on_roof: NDArray[np.bool_],
    albedo: Floats,
    light: Daylight,
) -> tuple[Floats, Floats]:
    apart = solid.storey * 0.9
    column, level = around / apart, (y - solid.base - 1.6) / solid.storey
    cell_x, cell_y = np.floor(column), np.floor(level)
    in_x, in_y = column - cell_x, level - cell_y
    wide = 0.36 if solid.wall in {Wall.GLASS, Wall.CONCRETE} else 0.2
    pane = (np.abs(in_x - 0.5) < wide) & (np.abs(in_y - 0.5) < 0.27) & ~on_roof
    below_top = y < solid.base + solid.tall - 0.25 * solid.storey
    pane &= below_top & (level > 0)
    lot = scatter(floats(cell_x + 50 * number), floats(cell_y), 11)
    share = 0.42 if solid.wall is Wall.GLASS else 0.5
    share = 0.92 if solid.storey < 3 else share
    bright = pane & (lot < share)
    tints = np.stack(_LIT)[(lot * 997 % 3).astype(int) if solid.storey > 3 else 0]
    glow = (bright * light.lamps * (0.5 + 0.9 * lot))[:, None] * tints
    glass = light.middle * 0.35 + colour(0.02, 0.025, 0.03)
    return mix(albedo, floats(glass), floats(pane * 0.9)), floats(glow * 1.1)
