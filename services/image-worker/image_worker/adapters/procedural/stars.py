"""Stars, the moon, northern lights."""

import cv2
import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Textures
from image_worker.adapters.procedural.noise import colour, fractal, mix, sample, step
from image_worker.adapters.procedural.view import Camera
from image_worker.arrays import Floats, floats

_WARM, _COLD = colour(1.0, 0.82, 0.64), colour(0.72, 0.84, 1.0)


def stars(
    camera: Camera, brightness: float, noise: Textures, generator: np.random.Generator
) -> Floats:
    """Few bright and many faint ones, and the band of the Milky Way."""
    height, width = camera.height, camera.width
    picture = np.zeros((height, width, 3), np.float32)
    count = round(900 * (width * height / 512**2) ** 0.5)
    rows, columns = generator.uniform(0, height - 1, count), generator.uniform(0, width - 1, count)
    sizes = generator.pareto(1.6, count).clip(0, 14) * 0.32 + 0.07
    warmth = generator.uniform(0, 1, count)[:, None]
    tints = _WARM * warmth + _COLD * (1 - warmth)
    scale = max(1.0, width / 640)
    np.add.at(
        picture,
        (rows.astype(int), columns.astype(int)),
        (sizes[:, None] * tints * scale**2).astype(np.float32),
    )
    spread = cv2.GaussianBlur(picture, (0, 0), 0.55 * scale)
    halo = cv2.GaussianBlur(np.maximum(picture - 0.9, 0), (0, 0), 2.4 * scale)
    return floats((spread * 2.2 + halo + _milky_way(camera, noise, generator)) * brightness)


def _milky_way(camera: Camera, noise: Textures, generator: np.random.Generator) -> Floats:
    x, y = np.meshgrid(camera.across, camera.up)
    angle = generator.uniform(0.5, 1.1) * generator.choice((-1, 1))
    along = floats(x * np.cos(angle) + y * np.sin(angle))
    across = floats(-x * np.sin(angle) + (y - 0.35) * np.cos(angle))
    cloud = fractal(noise.plain, along, across, 1.1, 5)
    band = np.exp(-((across + 0.05 * cloud) ** 2) / 0.018) * (0.55 + 0.45 * cloud)
    dust = step(0.2, 1.2, fractal(noise.plain, floats(along + 3), across, 0.7, 4))
    shine = np.clip(band * (1 - 0.7 * dust * np.exp(-(across**2) / 0.004)), 0, 1)
    return floats(shine[..., None] * colour(0.05, 0.055, 0.085))


def moon(
    picture: Floats,
    camera: Camera,
    light: Daylight,
    noise: Textures,
    generator: np.random.Generator,
) -> Floats:
    """The picture with a moon in the upper part of the sky."""
    radius = 0.036 * generator.uniform(0.85, 1.25)
    at_x = generator.uniform(0.1, 0.3) * camera.width / camera.focal
    at_x *= np.sign(light.toward_sun[0])
    at_y = camera.horizon / camera.focal * generator.uniform(0.6, 0.78)
    x, y = np.meshgrid(camera.across - at_x, camera.up - at_y)
    away = np.sqrt(x * x + y * y)
    edge = 1.2 / camera.focal
    disc = 1 - step(radius - edge, radius + edge, floats(away))
    seas = step(-0.3, 1.1, sample(noise.plain, floats(x + 9), floats(y), 0.19))
    limb = np.sqrt(np.clip(1 - (away / radius) ** 2, 0, 1))
    face = (0.95 - 0.33 * seas) * (0.72 + 0.28 * limb)
    glow = 0.16 * np.exp(-away / 0.06) + 0.09 * np.exp(-away / 0.25)
    shone = floats(picture + glow[..., None] * colour(0.8, 0.9, 1.1))
    return mix(shone, floats(face[..., None] * colour(1.12, 1.1, 1.0)), floats(disc))


def aurora(camera: Camera, noise: Textures, generator: np.random.Generator) -> Floats:
    """Curtains of green light that fade to violet upwards."""
    x, y = np.meshgrid(camera.across, camera.up)
    total = np.zeros((camera.height, camera.width, 3), np.float32)
    for curtain in range(3):
        shift = generator.uniform(0, 10)
        foot = 0.1 + 0.07 * curtain + 0.09 * sample(noise.plain, floats(x + shift), x * 0, 2.6)
        rays = 0.55 + 0.45 * sample(noise.fine, floats(x * 1.6 + shift), floats(y * 0.04), 1.6)
        above = y - foot
        body = np.exp(-np.abs(above) / np.where(above > 0, 0.17, 0.012))
        shade = step(0.02, 0.34, floats(above))
        tint = mix(colour(0.08, 0.62, 0.3), colour(0.3, 0.14, 0.5), shade)
        total += tint * (body * np.clip(rays, 0.05, 1.4))[..., None] * 0.55
    return total
