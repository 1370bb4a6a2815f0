"""Random surfaces: smooth value noise, summed over octaves."""

import cv2
import numpy as np

from image_worker.arrays import Floats, floats

_TEXTURE = 512
_WIDEST = 30_000


def tile(generator: np.random.Generator, octaves: int = 6, roughness: float = 0.5) -> Floats:
    """A square of fractal noise that repeats without a seam; deviation 1, mean 0."""
    total = np.zeros((_TEXTURE, _TEXTURE), np.float32)
    amplitude, cells = 1.0, 4
    for _ in range(octaves):
        coarse = generator.standard_normal((cells, cells)).astype(np.float32)
        wrapped = np.pad(coarse, 2, mode="wrap")
        step = _TEXTURE // cells
        large = cv2.resize(wrapped, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += amplitude * large[2 * step : -2 * step, 2 * step : -2 * step]
        amplitude, cells = amplitude * roughness, cells * 2
    return floats((total - total.mean()) / total.std())


def sample(texture: Floats, x: Floats, y: Floats, period: float) -> Floats:
    """The tile's value at places whose coordinates repeat after `period`."""
    side = np.float32(texture.shape[0])
    map_x, map_y = floats(x * np.float32(1 / period)), floats(y * np.float32(1 / period))
    # np.mod of floats takes ten times as long.
    map_x -= np.floor(map_x)
    map_y -= np.floor(map_y)
    map_x *= side
    map_y *= side
    return _looked_up(texture, map_x, map_y)


def _looked_up(texture: Floats, map_x: Floats, map_y: Floats) -> Floats:
    columns = map_x.shape[1]
    if columns > _WIDEST:
        # OpenCV takes no longer rows.
        parts = range(0, columns, _WIDEST)
        strips = [
            _looked_up(texture, map_x[:, left : left + _WIDEST], map_y[:, left : left + _WIDEST])
            for left in parts
        ]
        return floats(np.concatenate(strips, axis=1))
    found = cv2.remap(texture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return floats(found)


def fractal(texture: Floats, x: Floats, y: Floats, period: float, octaves: int = 3) -> Floats:
    """The tile laid over itself at finer and finer scales: detail at every distance."""
    total = np.zeros(np.shape(x), np.float32)
    amplitude, norm = 1.0, 0.0
    for octave in range(octaves):
        # Turned by an odd angle each time, so that repetition does not show.
        angle = 0.9 * octave
        cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        turned_x, turned_y = x * cos - y * sin + np.float32(17 * octave), x * sin + y * cos
        total += np.float32(amplitude) * sample(texture, turned_x, turned_y, period)
        norm += amplitude**2
        amplitude, period = amplitude * 0.55, period / 3.1
    return floats(total / np.sqrt(norm))


def scatter(x: Floats, y: Floats, salt: int) -> Floats:
    """A number from 0 to 1 for each pair of whole numbers, always the same one."""
    a = x.astype(np.int64).astype(np.uint32) * np.uint32(374761393)
    b = y.astype(np.int64).astype(np.uint32) * np.uint32(668265263)
    mixed = a + b + np.uint32((salt * 2246822519) & 0xFFFFFFFF)
    mixed = (mixed ^ (mixed >> np.uint32(13))) * np.uint32(1274126177)
    mixed ^= mixed >> np.uint32(16)
    return floats(mixed / np.float32(2**32))


def step(low: float, high: float, value: Floats) -> Floats:
    """From 0 at `low` to 1 at `high`, smoothly."""
    t = np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1)
    return floats(t * t * (3 - 2 * t))


def mix(first: Floats, second: Floats, share: Floats) -> Floats:
    """`share` (height × width) of the second, the rest of the first; either may be one colour."""
    weight = share[..., None]
    return floats(first * (1 - weight) + second * weight)


def colour(red: float, green: float, blue: float) -> Floats:
    """Linear light, 0 to 1 and above."""
    return np.array([red, green, blue], np.float32)


def screen(hexadecimal: str) -> Floats:
    """`rrggbb`, as on a screen, in linear light."""
    channels = np.frombuffer(bytes.fromhex(hexadecimal), np.uint8).astype(np.float32) / 255
    return floats(channels**2.2)
