"""Sun, sky and air for each time of day and weather, in linear light."""

from dataclasses import dataclass, replace

import numpy as np

from image_worker.adapters.procedural.noise import colour, screen
from image_worker.adapters.procedural.scene import Scene, Time, Weather
from image_worker.arrays import Floats, floats

_GREY = np.array([0.3, 0.4, 0.3], np.float32)


@dataclass(frozen=True, slots=True)
class Daylight:
    """`toward_sun` is a unit vector to what lights the land (at night the moon).

    `haze` is how much of what lies 100 m away is air; `cover` how much of the sky is cloud.
    """

    toward_sun: Floats
    sun: Floats
    zenith: Floats
    middle: Floats
    horizon: Floats
    glow: Floats
    ambient: Floats
    haze: float
    cover: float
    exposure: float
    stars: float = 0.0
    lamps: float = 0.0


@dataclass(frozen=True, slots=True)
class _Hour:
    elevation: float  # of the sun, degrees
    sun: Floats
    zenith: str
    middle: str
    horizon: str
    glow: Floats
    ambient: Floats
    haze: float
    exposure: float
    stars: float = 0.0
    lamps: float = 0.0


_HOURS = {
    Time.DAWN: _Hour(
        9, colour(1.5, 0.86, 0.62), "41608f", "a9a3c4", "f3c6b0", colour(1.1, 0.55, 0.35),
        colour(0.24, 0.26, 0.38), 1.5, 1.15,
    ),
    Time.DAY: _Hour(
        42, colour(1.75, 1.6, 1.38), "2b62ad", "6ea4da", "cfe2ee", colour(0.5, 0.45, 0.38),
        colour(0.3, 0.38, 0.5), 0.75, 1.0,
    ),
    Time.GOLDEN: _Hour(
        15, colour(2.0, 1.3, 0.66), "3f6ea6", "9cb4c9", "f4d7a6", colour(1.2, 0.72, 0.3),
        colour(0.28, 0.29, 0.36), 1.2, 1.0,
    ),
    Time.SUNSET: _Hour(
        5, colour(2.0, 0.86, 0.34), "2f4273", "b0708a", "f9a860", colour(1.5, 0.55, 0.16),
        colour(0.25, 0.2, 0.29), 1.3, 1.05, 0.06, 0.25,
    ),
    Time.DUSK: _Hour(
        2, colour(0.5, 0.3, 0.32), "141d3f", "46467c", "c4817f", colour(0.6, 0.22, 0.16),
        colour(0.15, 0.16, 0.28), 1.3, 1.2, 0.4, 1.0,
    ),
    Time.NIGHT: _Hour(
        30, colour(0.30, 0.37, 0.55), "060b1e", "0f1c3d", "263a63", colour(0.07, 0.1, 0.17),
        colour(0.05, 0.07, 0.125), 0.8, 1.25, 1.0, 1.0,
    ),
}  # fmt: skip


def daylight(scene: Scene, generator: np.random.Generator) -> Daylight:
    """The light of a scene; where exactly the sun stands is up to the seed."""
    hour = _HOURS[scene.time]
    low = hour.elevation < 20
    # Low suns stand in the picture, high ones beside it.
    side = generator.uniform(0.1, 0.42) if low else generator.uniform(0.8, 1.15)
    side *= generator.choice((-1.0, 1.0))
    elevation = np.radians(hour.elevation)
    toward_sun = colour(
        np.sin(side) * np.cos(elevation),
        np.sin(elevation),
        np.cos(side) * np.cos(elevation) * (1.0 if low else -0.35),
    )
    light = Daylight(
        floats(toward_sun / np.linalg.norm(toward_sun)),
        hour.sun,
        screen(hour.zenith),
        screen(hour.middle),
        screen(hour.horizon),
        hour.glow,
        hour.ambient,
        hour.haze,
        float(generator.uniform(0.3, 0.42)),
        hour.exposure,
        hour.stars,
        hour.lamps,
    )
    return _weathered(light, scene.weather)


def _weathered(light: Daylight, weather: Weather) -> Daylight:
    if weather is Weather.CLEAR:
        return replace(light, cover=0.16)
    if weather is Weather.CLOUDY:
        return replace(light, cover=0.56)
    if weather is Weather.FOG:
        return _greyed(light, 0.5, sun=0.3, haze=5.0, cover=0.55)
    if weather is Weather.SNOW:
        return _greyed(light, 0.55, sun=0.45, haze=1.3, cover=0.8, brightness=0.62)
    if weather is Weather.STORM:
        return _greyed(light, 0.75, sun=0.18, haze=1.7, cover=1.0, brightness=0.5)
    grey = 0.6 if weather is Weather.RAIN else 0.5
    return _greyed(light, grey, sun=0.25, haze=2.0, cover=0.9, brightness=0.75)


def _greyed(
    light: Daylight,
    grey: float,
    *,
    sun: float,
    haze: float,
    cover: float,
    brightness: float = 1.0,
) -> Daylight:
    """Less colour and less sun; what the sun loses comes from everywhere."""

    def dull(value: Floats) -> Floats:
        plain = np.full(3, value @ _GREY, np.float32) * colour(0.95, 1.0, 1.06)
        return floats((value * (1 - grey) + plain * grey) * brightness)

    return replace(
        light,
        sun=dull(light.sun) * np.float32(sun),
        zenith=dull(floats(light.zenith * 0.4 + light.middle * 0.6)),
        middle=dull(floats(light.middle * 0.6 + light.horizon * 0.4)),
        horizon=dull(light.horizon),
        glow=floats(dull(light.glow) * 0.35),
        ambient=dull(floats(light.ambient * (1.1 + 0.35 * (1 - sun)))),
        haze=light.haze * 0.4 + haze,
        cover=cover,
        stars=light.stars * (0.0 if cover > 0.8 else 0.3),
    )
