"""Water mirrors what is above it, broken by waves."""

import cv2
import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Textures
from image_worker.adapters.procedural.noise import colour, fractal, mix, step
from image_worker.adapters.procedural.scene import Place, Scene, Weather
from image_worker.adapters.procedural.sky import air
from image_worker.adapters.procedural.view import Camera, Hits
from image_worker.arrays import Floats, floats


def with_water(
    scene: Scene,
    picture: Floats,
    camera: Camera,
    hits: Hits,
    wet: Floats,
    light: Daylight,
    noise: Textures,
) -> Floats:
    """The picture with water where `wet` is 1: it shows the rows above, upside down."""
    rough = _roughness(scene)
    slope_x, slope_z = _waves(hits, noise, rough)
    mirrored = _mirrored(picture, camera, slope_x, slope_z)
    view_down = np.clip(-camera.up[:, None] + 0 * hits.x, 0.0005, 1)
    tilt = np.clip(view_down + 0.55 * np.abs(slope_z), 0.01, 1)
    fresnel = np.clip(0.04 + 0.96 * (1 - tilt) ** 5, 0, 1)
    deep = colour(0.012, 0.06, 0.085) * (light.ambient.sum() + 0.35 * light.sun.sum())
    if scene.place in {Place.LAKE, Place.MOUNTAINS}:
        deep = deep * colour(0.8, 1.0, 0.8)
    surface = mix(floats(np.broadcast_to(deep, mirrored.shape)), mirrored, floats(fresnel))
    surface += _glitter(light, camera, slope_x, slope_z)
    if scene.place is Place.SEA:
        surface = _foam(surface, hits, light, noise, rough)
    return mix(picture, floats(surface), wet)


def _roughness(scene: Scene) -> float:
    if scene.weather is Weather.STORM:
        return 2.4
    calm = {Place.SEA: 1.0, Place.CITY: 0.42, Place.LAKE: 0.22, Place.MOUNTAINS: 0.3}
    return calm.get(scene.place, 0.3) * (1.5 if scene.weather is Weather.RAIN else 1.0)


def _waves(hits: Hits, noise: Textures, rough: float) -> tuple[Floats, Floats]:
    """Slopes of the surface across and along; smaller waves are lost in the distance."""
    x, z = hits.x, floats(hits.z * 1.0)
    fade = 1 / (1 + z / 70)
    swell = fractal(noise.plain, floats(x * 0.5), z, 26, 2)
    chop = fractal(noise.plain, floats(x * 0.6 + 50), z, 6.0, 3)
    other = fractal(noise.plain, floats(x * 0.7), floats(z + 70), 7.0, 2)
    slope_z = rough * (0.06 * swell + 0.085 * chop * fade + 0.012 * chop)
    slope_x = rough * (0.05 * other * fade + 0.02 * swell)
    return floats(slope_x), floats(slope_z)


def _mirrored(picture: Floats, camera: Camera, slope_x: Floats, slope_z: Floats) -> Floats:
    rows, columns = np.meshgrid(
        np.arange(camera.height, dtype=np.float32),
        np.arange(camera.width, dtype=np.float32),
        indexing="ij",
    )
    below = rows - camera.horizon
    # A far wave shows a point much higher than a near one of the same slope.
    lift = np.abs(slope_z) * camera.focal * 0.9
    source = np.minimum(camera.horizon - below - lift, camera.horizon - 1)
    source = np.where(source < 0, -source * 0.3, source)
    aside = columns + slope_x * camera.focal * 0.35
    return floats(
        cv2.remap(
            picture,
            floats(aside),
            floats(np.clip(source, 0, camera.height - 1)),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
    )


def _glitter(light: Daylight, camera: Camera, slope_x: Floats, slope_z: Floats) -> Floats:
    x, y = np.meshgrid(camera.across, camera.up)
    ray = np.stack([x, y, np.ones_like(x)], -1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    normal = np.stack([-slope_x * 1.4, np.ones_like(x), -slope_z], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    reflected = ray - 2 * (ray * normal).sum(-1, keepdims=True) * normal
    facing = np.clip(reflected @ light.toward_sun, 0, 1)
    return floats((facing**220 * 2.4 + facing**24 * 0.12)[..., None] * light.sun)


def _foam(surface: Floats, hits: Hits, light: Daylight, noise: Textures, rough: float) -> Floats:
    crest = fractal(noise.plain, floats(hits.x * 0.4), hits.z, 22, 4)
    lace = fractal(noise.fine, hits.x, floats(hits.z * 0.7), 5, 2)
    caps = step(1.9 - 0.35 * rough, 2.8 - 0.35 * rough, floats(crest + 0.3 * lace))
    white = (light.ambient * 1.5 + light.sun * 0.5) * colour(0.85, 0.9, 0.92)
    return mix(surface, floats(white), floats(caps * 0.5 * (1 - step(200, 900, hits.z))))


def haze(picture: Floats, light: Daylight, ray: Floats, distance: Floats, amount: float) -> Floats:
    """The picture seen through the air; `distance` in metres, `amount` as Daylight's haze."""
    share = 1 - np.exp(-np.power(distance / 3200 * amount, 1.15) * 1.5)
    flat = ray.copy()
    flat[..., 1] = np.maximum(flat[..., 1], 0.02)
    return mix(picture, air(light, floats(flat)), floats(share))
