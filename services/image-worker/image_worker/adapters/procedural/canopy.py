"""The roof of leaves over somebody who stands in a wood."""

import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Textures
from image_worker.adapters.procedural.noise import fractal, mix, screen, step
from image_worker.adapters.procedural.scene import Place, Scene, Season
from image_worker.adapters.procedural.view import Camera
from image_worker.arrays import Floats, floats

_LEAVES = {
    Season.SPRING: ("3f5f2b", "8fae52"),
    Season.SUMMER: ("22381d", "55752f"),
    Season.AUTUMN: ("70401c", "cf8f30"),
    Season.WINTER: ("59605f", "aab2b6"),
}


def with_canopy(
    scene: Scene, picture: Floats, light: Daylight, camera: Camera, noise: Textures
) -> Floats:
    """Layers of leaves from far to near, each lower at the sides and darker than the last."""
    if scene.place is not Place.FOREST:
        return picture
    x, y = np.meshgrid(camera.across, camera.up)
    top = camera.horizon / camera.focal
    far, near = (screen(name) for name in _LEAVES[scene.season])
    bright = light.sun * 0.5 + light.ambient * 1.3
    for layer in range(4):
        scale = 0.16 + 0.1 * layer
        ragged = fractal(noise.fine, floats(x + 7.3 * layer), floats(y * 1.2), scale, 4)
        clumps = fractal(noise.plain, floats(x + 3.1 * layer), y, 1.1 * scale + 0.4, 3)
        edge = top * (0.42 + 0.14 * layer) - 0.3 * np.abs(x) + 0.1 * clumps
        density = (y - edge) / (0.3 * top) + 0.42 * ragged + 0.3 * clumps - 0.25
        opacity = step(0.0, 0.12, floats(density))
        tint = mix(far, near, step(-1.2, 1.8, floats(ragged + 0.5 * clumps)))
        shade = 0.9 - 0.17 * layer + 0.18 * ragged
        body = tint * bright * shade[..., None]
        # What is far is in the haze.
        air = 0.75 * np.exp(-0.9 * layer) * min(1.0, 0.35 + 0.2 * light.haze)
        body = body * (1 - air) + (light.horizon * 0.6) * air
        picture = mix(picture, floats(body), floats(opacity * (0.75 + 0.08 * layer)))
    return picture
