"""A scene becomes light: sky, land, water, air, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np

from image_worker.adapters.procedural.buildings import Knoll, site_of, solids_of
from image_worker.adapters.procedural.canopy import with_canopy
from image_worker.adapters.procedural.daylight import Daylight, daylight
from image_worker.adapters.procedural.figures import with_figures
from image_worker.adapters.procedural.finish import finished
from image_worker.adapters.procedural.land import Height, Land, Textures, land_of, textures
from image_worker.adapters.procedural.noise import fractal, mix
from image_worker.adapters.procedural.scene import Place, Scene
from image_worker.adapters.procedural.sky import rays, sky
from image_worker.adapters.procedural.solids import Solid, build, ranges
from image_worker.adapters.procedural.surface import Standing, shaded
from image_worker.adapters.procedural.trees import Trees
from image_worker.adapters.procedural.view import Camera, Hits, KnownLand, cast, depths
from image_worker.adapters.procedural.water import haze, with_water
from image_worker.adapters.procedural.weather import with_weather
from image_worker.arrays import Floats, floats
from image_worker.ports import Pixels

#: Called between two stages with the number of those that are done, and of all.
Stages = Callable[[int, int], None]
STAGES = 7
#: Small pictures are painted larger and then reduced: edges become smooth.
_FINE_UNTIL = 1_100_000


@dataclass(frozen=True, slots=True)
class World:
    """What a picture is made from, before anything is painted."""

    scene: Scene
    noise: Textures
    light: Daylight
    land: Land
    camera: Camera
    solids: list[Solid]


def compose(scene: Scene, width: int, height: int, seed: int, stages: Stages) -> Pixels:
    """The scene, in as many pixels as asked for; the same for the same arguments."""
    generator = np.random.default_rng(seed)
    factor = _finer(width * height)
    world = _world(scene, round(width * factor), round(height * factor), generator)
    stages(1, STAGES)
    picture = sky(scene, world.light, world.camera, world.noise, generator)
    stages(2, STAGES)
    hits, standing, ground = _sight(world, generator)
    stages(3, STAGES)
    surface = shaded(world.scene, world.land, ground, hits, standing, world.light, world.noise)
    ray = rays(world.camera)
    surface = haze(surface, world.light, ray, hits.z, _haze(world))
    picture = mix(picture, surface, floats(hits.seen))
    stages(4, STAGES)
    wet = floats(hits.seen & (standing.kind == 0) & (ground(hits.x, hits.z) <= 0.02))
    picture = with_canopy(scene, picture, world.light, world.camera, world.noise)
    if wet.any():
        picture = with_water(scene, picture, world.camera, hits, wet, world.light, world.noise)
    stages(5, STAGES)
    picture = with_figures(scene, picture, world.camera, ground, world.light, generator)
    picture = with_weather(scene, picture, world.light, hits, generator)
    stages(6, STAGES)
    if factor != 1:
        picture = floats(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))
    result = finished(picture, world.light.exposure, scene.tint, generator)
    stages(7, STAGES)
    return result


def _finer(pixels: int) -> float:
    if 4 * pixels <= _FINE_UNTIL:
        return 2.0
    return 1.5 if pixels <= _FINE_UNTIL else 1.0


def _world(scene: Scene, width: int, height: int, generator: np.random.Generator) -> World:
    noise = textures(generator)
    light = daylight(scene, generator)
    land = land_of(scene, noise, generator)
    subject, knoll = site_of(scene, generator)
    if knoll is not None:
        land = replace(land, height=_with_knoll(land.height, knoll, noise))

    def ground(x: float, z: float) -> float:
        return float(land.height(floats([[x]]), floats([[z]]))[0, 0])

    solids = solids_of(scene, subject, knoll, ground, generator)
    return World(scene, noise, light, land, _camera(scene, land, width, height), solids)


def _haze(world: World) -> float:
    """Woods are small: what is 50 m away is far."""
    if world.scene.place is not Place.FOREST:
        return world.light.haze
    return min(world.light.haze * 14, 30.0)


def _with_knoll(height: Height, knoll: Knoll, noise: Textures) -> Height:
    def raised(x: Floats, z: Floats) -> Floats:
        away = ((x - knoll.x) ** 2 + (z - knoll.z) ** 2) / knoll.radius**2
        uneven = np.clip(fractal(noise.plain, x, z, knoll.radius * 2, 4), -1.5, 1.5)
        ragged = 1 + 0.25 * uneven * np.minimum(away, 1)
        share = np.exp(-1.4 * (away * ragged) ** 2)
        # Level on top, whatever the land is like there.
        return floats(height(x, z) * (1 - 0.85 * share) + (knoll.tall + 2) * share)

    return raised


def _camera(scene: Scene, land: Land, width: int, height: int) -> Camera:
    focal = 0.95 * (width * height) ** 0.5
    horizon = {Place.FOREST: 0.55, Place.SEA: 0.54, Place.CITY: 0.62}.get(scene.place, 0.57)
    start = np.zeros((1, 1), np.float32)
    ground = float(land.height(start, start + 3)[0, 0])
    return Camera(width, height, height * horizon, focal, max(ground, 0.0) + land.eye)


def _sight(world: World, generator: np.random.Generator) -> tuple[Hits, Standing, Height]:
    """Where rays end, what stands there, and how high the ground is anywhere."""
    camera = world.camera
    known = KnownLand(camera, world.land.height)
    salt = int(generator.integers(1, 1 << 20))
    trees = Trees(world.scene, world.land, known.height, world.noise, salt)
    along = depths(ranges(world.solids))
    x = floats(camera.across[None, :] * along[:, None])
    z = floats(np.broadcast_to(along[:, None], x.shape))
    ground = np.maximum(known.height(x, z), 0)
    crowns = trees.crowns(x, z)
    built = build(world.solids, camera, along)
    # Nothing grows through a house.
    growing = np.where(built.owner >= 0, 0, crowns.height)
    heights = np.maximum(ground + growing, built.top)
    hits = cast(camera, along, floats(heights))
    standing = Standing.at(hits, floats(ground), crowns, built, world.solids)
    return hits, standing, known.height
