"""From light to a picture: glow, tone, tint, grain."""

import cv2
import numpy as np

from image_worker.adapters.procedural.noise import screen
from image_worker.arrays import Floats, floats, whole
from image_worker.ports import Pixels


def finished(
    light: Floats, exposure: float, tint: str | None, generator: np.random.Generator
) -> Pixels:
    """Linear light as 8-bit sRGB."""
    height, width = light.shape[:2]
    glowing = _with_glow(light * np.float32(exposure))
    toned = _filmic(glowing)
    if tint is not None:
        toned = _tinted(toned, screen(tint))
    toned *= _vignette(height, width)[..., None]
    encoded = np.power(np.clip(toned, 0, 1), 1 / 2.2) * 255
    grain = generator.standard_normal((height, width, 1)).astype(np.float32)
    return whole(encoded + grain * 1.6)


def _with_glow(light: Floats) -> Floats:
    side = max(light.shape[:2])
    bright = np.clip(light - 0.9, 0, 4)
    small = cv2.resize(bright, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), side / 160)
    blurred += cv2.GaussianBlur(small, (0, 0), side / 40)
    spread = cv2.resize(blurred, (light.shape[1], light.shape[0]), interpolation=cv2.INTER_LINEAR)
    return floats(light + spread * 0.25)


def _filmic(light: Floats) -> Floats:
    """Narkowicz's fit of the ACES curve (2016): shadows keep depth, highlights keep colour."""
    value = light * 0.82
    return floats((value * (2.51 * value + 0.03)) / (value * (2.43 * value + 0.59) + 0.14))


def _tinted(toned: Floats, tint: Floats) -> Floats:
    brightness = toned @ np.array([0.3, 0.55, 0.15], np.float32)
    plain = tint / max(float(tint.mean()), 1e-3)
    washed = brightness[..., None] * np.clip(plain, 0.15, 2.6)
    return floats(toned * 0.5 + washed * 0.4)


def _vignette(height: int, width: int) -> Floats:
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    return floats(1 - 0.13 * np.clip(x * x + y * y - 0.25, 0, 2))
