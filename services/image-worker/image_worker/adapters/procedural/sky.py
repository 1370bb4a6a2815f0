"""The sky: gradient, sun or moon, stars, clouds."""

import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Textures
from image_worker.adapters.procedural.noise import fractal, mix, step
from image_worker.adapters.procedural.scene import Scene, Subject, Time
from image_worker.adapters.procedural.stars import aurora, moon, stars
from image_worker.adapters.procedural.view import Camera
from image_worker.arrays import Floats, floats


def rays(camera: Camera) -> Floats:
    """Unit vectors of all pixels: height × width × (x, y, z)."""
    x, y = np.meshgrid(camera.across, camera.up)
    ray = np.stack([x, y, np.ones_like(x)], axis=-1)
    return floats(ray / np.linalg.norm(ray, axis=-1, keepdims=True))


def air(light: Daylight, ray: Floats) -> Floats:
    """The clear sky's colour in each direction; also what haze looks like."""
    up = np.clip(ray[..., 1], 0, 1)
    low = step(0.0, 0.2, floats(up))
    high = step(0.12, 0.75, floats(up))
    sky = mix(mix(light.horizon, light.middle, low), light.zenith, high)
    facing = np.clip(ray @ light.toward_sun, 0, 1)[..., None]
    spread = 0.55 * facing**6 + 0.6 * facing**32 + 0.7 * facing**160
    return floats(sky + light.glow * spread * (0.35 + 0.65 * np.exp(-4 * up))[..., None])


def sky(
    scene: Scene, light: Daylight, camera: Camera, noise: Textures, generator: np.random.Generator
) -> Floats:
    """The whole sky behind everything, height × width × 3, in linear light."""
    ray = rays(camera)
    picture = air(light, ray)
    night = scene.time in {Time.NIGHT, Time.DUSK}
    if light.stars > 0:
        picture += stars(camera, light.stars, noise, generator)
    if scene.has(Subject.AURORA):
        picture += aurora(camera, noise, generator)
    hidden = light.cover > 0.8
    if (night or scene.has(Subject.MOON)) and not hidden:
        picture = moon(picture, camera, light, noise, generator)
    elif not hidden and not night:
        picture += _sun(light, ray)
    return _clouded(picture, light, ray, noise, generator)


def _sun(light: Daylight, ray: Floats) -> Floats:
    facing = ray @ light.toward_sun
    disc = step(0.99955, 0.99985, floats(facing))[..., None]
    return floats(disc * light.sun * 5)


def _clouded(
    picture: Floats, light: Daylight, ray: Floats, noise: Textures, generator: np.random.Generator
) -> Floats:
    if light.cover <= 0.02:
        return picture
    up = np.maximum(ray[..., 1], 0.004)
    distance = 1 / (up + 0.06)
    drift = generator.uniform(0, 100, 2)
    x = floats(ray[..., 0] * distance * 100 + drift[0] * 10)
    y = floats(ray[..., 2] * distance * 100 + drift[1] * 10)
    density = _density(x, y, light.cover, noise)
    # What lies between a cloud's point and the sun darkens it.
    towards = light.toward_sun
    behind = _density(
        floats(x + towards[0] * 26), floats(y + (towards[2] + 0.4) * 26), light.cover, noise
    )
    facing = np.clip(ray @ towards, 0, 1)
    lit = np.exp(-1.6 * behind) * (0.55 + 0.75 * facing**5)
    dark = floats(light.ambient * 1.25 + light.middle * 0.4)
    body = dark + lit[..., None] * (light.sun * 0.55 + light.glow * 0.3)
    opacity = (1 - np.exp(-2.6 * density)) * step(0.0, 0.09, floats(ray[..., 1]))
    return mix(picture, floats(body), floats(opacity * 0.96))


def _density(x: Floats, y: Floats, cover: float, noise: Textures) -> Floats:
    warp = fractal(noise.plain, x, y, 900, 2)
    value = fractal(noise.plain, floats(x + 26 * warp), floats(y + 18 * warp), 560, 5)
    edge = 1.25 - 2.5 * cover
    return floats(np.clip((value - edge) * 1.1, 0, 2.2))
