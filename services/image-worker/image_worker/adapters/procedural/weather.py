"""Rain, snow, fog and lightning, between the eye and the land."""

import cv2
import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.noise import colour, mix
from image_worker.adapters.procedural.scene import Scene, Weather
from image_worker.adapters.procedural.view import Hits
from image_worker.arrays import Floats, floats


def with_weather(
    scene: Scene, picture: Floats, light: Daylight, hits: Hits, generator: np.random.Generator
) -> Floats:
    """The picture, with what falls from the sky."""
    brightness = floats(light.horizon * 0.8 + light.ambient * 0.4)
    if scene.weather is Weather.SNOW:
        return _snow(picture, generator)
    if scene.weather in {Weather.RAIN, Weather.STORM}:
        picture = _rain(
            picture, brightness, generator, 1.5 if scene.weather is Weather.STORM else 1
        )
    if scene.weather is Weather.STORM:
        picture = _lightning(picture, hits, generator)
    return picture


def _rain(
    picture: Floats, brightness: Floats, generator: np.random.Generator, amount: float
) -> Floats:
    height, width = picture.shape[:2]
    unit = max(height, width) / 1024
    total = np.zeros((height, width), np.float32)
    for layer in range(3):
        length = round((14 + 16 * layer) * unit)
        drops = generator.random((height, width)).astype(np.float32)
        drops = np.where(drops > 1 - 0.0035 * amount / (1 + layer), 1.0, 0.0).astype(np.float32)
        kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
        lean = round(length * 0.22)
        thick = max(1, round((0.6 + 0.5 * layer) * unit))
        cv2.line(kernel, (length - lean, 0), (length + lean, 2 * length), 1.0, thick)
        streaks = cv2.filter2D(drops, -1, kernel)
        total += np.clip(cv2.GaussianBlur(streaks, (0, 0), 0.5 + 0.4 * layer), 0, 1) * 0.16
    veiled = mix(picture, brightness, np.full((height, width), 0.06 * amount, np.float32))
    return mix(veiled, floats(brightness * 1.25), floats(np.clip(total, 0, 0.5)))


def _snow(picture: Floats, generator: np.random.Generator) -> Floats:
    height, width = picture.shape[:2]
    unit = max(height, width) / 1024
    flakes = np.zeros((height, width), np.float32)
    for layer, count in enumerate((2600, 900, 240, 36)):
        layer_flakes = np.zeros((height, width), np.float32)
        rows = generator.integers(0, height, round(count))
        columns = generator.integers(0, width, round(count))
        sigma = (0.7 + 0.8 * layer + 0.5 * layer * layer) * unit
        layer_flakes[rows, columns] = (
            2 * np.pi * sigma**2 * generator.uniform(0.5, 1.0, round(count))
        )
        flakes += cv2.GaussianBlur(layer_flakes, (0, 0), sigma) * (0.85 - 0.14 * layer)
    return mix(picture, colour(0.92, 0.94, 0.98), floats(np.clip(flakes, 0, 0.9)))


def _lightning(picture: Floats, hits: Hits, generator: np.random.Generator) -> Floats:
    height, width = picture.shape[:2]
    bolt = np.zeros((height, width), np.float32)
    start = np.array([generator.uniform(0.2, 0.8) * width, 0.0])
    lowest = float(np.argmax(hits.seen.any(axis=1))) if hits.seen.any() else 0.5 * height
    _branch(bolt, start, lowest + 0.02 * height, max(1.0, height / 360), generator, 0)
    bolt *= ~hits.seen
    glow = cv2.GaussianBlur(bolt, (0, 0), height / 50) * 5 + cv2.GaussianBlur(
        bolt, (0, 0), height / 400
    )
    return floats(picture + (bolt * 2.5 + glow * 0.8)[..., None] * colour(0.75, 0.8, 1.0))


def _branch(
    bolt: Floats,
    start: Floats,
    lowest: float,
    thick: float,
    generator: np.random.Generator,
    depth: int,
) -> None:
    point, step = np.asarray(start, float), bolt.shape[0] / 26
    drift = float(generator.normal(0, 0.25))
    while point[1] < lowest:
        turn = generator.normal(drift, 0.75)
        following = point + np.array([np.sin(turn), abs(np.cos(turn)) * 0.8 + 0.2]) * step
        first, last = ([int(value) for value in end] for end in (point, following))
        cv2.line(bolt, first, last, 1.0, max(1, round(thick)), cv2.LINE_AA)
        if depth < 2 and generator.random() < 0.16:
            end = float(point[1] + (lowest - point[1]) * generator.uniform(0.2, 0.6))
            _branch(bolt, floats(following), end, thick * 0.5, generator, depth + 1)
        point = following
