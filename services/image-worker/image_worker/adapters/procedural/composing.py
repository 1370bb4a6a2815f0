"""A scene becomes light: sky, land, water, air, one after the other."""

from collections.abc import Callable

import numpy as np

from image_worker.adapters.procedural.daylight import Daylight, daylight
from image_worker.adapters.procedural.finish import finished
from image_worker.adapters.procedural.land import Height, Land, Textures, land_of, textures
from image_worker.adapters.procedural.noise import mix
from image_worker.adapters.procedural.scene import Place, Scene
from image_worker.adapters.procedural.sky import rays, sky
from image_worker.adapters.procedural.surface import foliage, ground, lit, normals, shadows
from image_worker.adapters.procedural.trees import Trees
from image_worker.adapters.procedural.view import Camera, Hits, cast, depths
from image_worker.adapters.procedural.water import haze, with_water
from image_worker.arrays import Floats, floats
from image_worker.ports import Pixels

#: Called between two stages with the number of those that are done, and of all.
Stages = Callable[[int, int], None]
STAGES = 6
_FAR = 3_000.0


def compose(scene: Scene, width: int, height: int, seed: int, stages: Stages) -> Pixels:
    """The scene, in as many pixels as asked for; the same for the same arguments."""
    generator = np.random.default_rng(seed)
    noise = textures(generator)
    light = daylight(scene, generator)
    land = land_of(scene, noise, generator)
    trees = Trees(scene, land, noise, salt=int(generator.integers(1, 1 << 20)))
    camera = _camera(scene, land, width, height)
    stages(1, STAGES)
    picture = sky(scene, light, camera, noise, generator)
    stages(2, STAGES)
    hits = _cast(camera, land, trees)
    stages(3, STAGES)
    picture = _with_land(scene, picture, camera, hits, light, land, trees, noise)
    stages(4, STAGES)
    wet = floats(hits.seen & (land.height(hits.x, hits.z) <= 0.02))
    if wet.any():
        picture = with_water(scene, picture, camera, hits, wet, light, noise)
    stages(5, STAGES)
    result = finished(picture, light.exposure, scene.tint, generator)
    stages(6, STAGES)
    return result


def _camera(scene: Scene, land: Land, width: int, height: int) -> Camera:
    focal = 0.95 * (width * height) ** 0.5
    place = 0.56 if scene.place is not Place.FOREST else 0.5
    start = np.zeros((1, 1), np.float32)
    ground_height = float(land.height(start, start + 2)[0, 0])
    return Camera(width, height, height * place, focal, max(ground_height, 0.0) + land.eye)


def _cast(camera: Camera, land: Land, trees: Trees) -> Hits:
    along = depths(2.0, _FAR, 560, ())
    x = floats(camera.across[None, :] * along[:, None])
    z = floats(np.broadcast_to(along[:, None], x.shape))
    heights = np.maximum(land.height(x, z), 0) + trees.crowns(x, z)[0]
    return cast(camera, along, floats(heights))


def _with_land(
    scene: Scene,
    picture: Floats,
    camera: Camera,
    hits: Hits,
    light: Daylight,
    land: Land,
    trees: Trees,
    noise: Textures,
) -> Floats:
    def surface(x: Floats, z: Floats) -> Floats:
        return floats(land.height(x, z) + trees.crowns(x, z)[0])

    normal = normals(surface, hits)
    bare = normals(land.height, hits)
    albedo = ground(scene, land, hits, bare, noise)
    wooded, leaves = foliage(scene, trees, hits, noise)
    albedo = mix(albedo, leaves, wooded)
    shadow = shadows(_solid(land), hits, light)
    shaded = lit(albedo, normal, shadow, light)
    ray = rays(camera)
    seen = haze(shaded, light, ray, hits.z, light.haze)
    return mix(picture, seen, floats(hits.seen))


def _solid(land: Land) -> Height:
    return lambda x, z: floats(np.maximum(land.height(x, z), 0))
