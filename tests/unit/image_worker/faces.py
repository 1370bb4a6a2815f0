"""Painted faces that are like enough for a detector: no photograph of anybody is needed."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
_Floats = NDArray[np.float32]
_SIDE = 400


@dataclass(frozen=True)
class Look:
    """Colours of a person, RGB, and how wide the face is."""

    skin: tuple[int, int, int] = (222, 178, 150)
    hair: tuple[int, int, int] = (70, 46, 30)
    eyes: tuple[int, int, int] = (70, 96, 120)
    lips: tuple[int, int, int] = (176, 92, 88)
    background: tuple[int, int, int] = (120, 140, 150)
    wide: float = 1.0


FAIR, DARK = Look(), Look((150, 104, 76), (24, 20, 20), (60, 40, 28), (122, 66, 62), wide=1.08)


def portrait(look: Look = FAIR, side: int = _SIDE) -> Picture:
    """Head and shoulders, seen from the front, lit from above at the left."""
    canvas = _Canvas(look)
    canvas.fill(0.5, 1.12, 0.42, 0.3, (60, 72, 96))
    canvas.fill(0.5, 0.82, 0.12 * look.wide, 0.2, _shade(look.skin, 0.8))
    canvas.fill(0.5, 0.42, 0.245 * look.wide, 0.3, look.hair)
    canvas.ball(0.5, 0.5, 0.2 * look.wide, 0.275, look.skin)
    canvas.fill(0.5, 0.235, 0.19 * look.wide, 0.075, look.hair, blur=5)
    for way in (-1, 1):
        canvas.eye(0.5 + way * 0.083 * look.wide, 0.46, look)
        canvas.fill(0.5 + way * 0.14, 0.6, 0.05, 0.045, _blush(look.skin), blur=14)
    canvas.nose(look)
    canvas.mouth(look)
    pixels = np.clip(canvas.pixels, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def group(*looks: Look, side: int = 320) -> Picture:
    """Portraits side by side."""
    return np.hstack([portrait(look, side) for look in looks])


def turned(picture: Picture, degrees: float) -> Picture:
    """The head as if it were a painted cylinder that is turned to the side."""
    side = picture.shape[0]
    radius = 0.27 * side
    rows, columns = np.indices((side, side), dtype=np.float32)
    across = np.clip((columns - side / 2) / radius, -1, 1)
    angle = np.arcsin(across) - np.radians(degrees)
    seen = (np.abs(angle) < np.pi / 2) & (np.abs(across) < 1)
    source = np.asarray(side / 2 + radius * np.sin(angle), np.float32)
    found = cv2.remap(picture, source, rows, cv2.INTER_LINEAR)
    return np.where(seen[..., None], found, picture[4, 4]).astype(np.uint8)


class _Canvas:
    def __init__(self, look: Look) -> None:
        self.pixels: _Floats = np.full((_SIDE, _SIDE, 3), look.background, np.float32)
        rows, columns = np.indices((_SIDE, _SIDE), dtype=np.float32)
        self.x, self.y = columns / _SIDE, rows / _SIDE

    def _mix(self, share: _Floats, colour: _Floats) -> None:
        self.pixels += (colour - self.pixels) * share[..., None]

    def _inside(self, x: float, y: float, wide: float, tall: float, blur: float) -> _Floats:
        away = ((self.x - x) / wide) ** 2 + ((self.y - y) / tall) ** 2
        mask = (away < 1).astype(np.float32)
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), blur), np.float32)

    def fill(
        self,
        x: float,
        y: float,
        wide: float,
        tall: float,
        colour: tuple[float, ...],
        blur: float = 1.2,
    ) -> None:
        self._mix(self._inside(x, y, wide, tall, blur), np.array(colour, np.float32))

    def ball(self, x: float, y: float, wide: float, tall: float, colour: tuple[float, ...]) -> None:
        """An egg that narrows towards the chin, shaded like a solid."""
        narrow = wide * (1 - 0.32 * np.clip((self.y - y) / tall, 0, 1) ** 2)
        a, b = (self.x - x) / narrow, (self.y - y) / tall
        depth = np.sqrt(np.clip(1 - a * a - b * b, 0, 1))
        light = 0.5 + 0.34 * depth - 0.16 * a - 0.12 * b + 0.14 * depth**4
        mask = cv2.GaussianBlur((a * a + b * b < 1).astype(np.float32), (0, 0), 1.2)
        shaded = np.array(colour, np.float32) * light[..., None]
        self._mix(np.asarray(mask, np.float32), np.asarray(shaded, np.float32))

    def eye(self, x: float, y: float, look: Look) -> None:
        self.fill(x, y - 0.004, 0.056, 0.04, _shade(look.skin, 0.72), blur=7)
        self.fill(x, y, 0.04, 0.018, (236, 232, 228))
        self.fill(x, y, 0.0185, 0.0185, look.eyes, blur=0.8)
        self.fill(x, y, 0.009, 0.009, (14, 12, 12), blur=0.7)
        self.fill(x - 0.006, y - 0.006, 0.004, 0.004, (250, 250, 250), blur=0.5)
        self.fill(x, y - 0.019, 0.043, 0.007, _shade(look.skin, 0.36), blur=1.4)
        self.fill(x, y + 0.019, 0.036, 0.004, _shade(look.skin, 0.66), blur=1.6)
        self.fill(x, y - 0.062, 0.05, 0.009, look.hair, blur=2.2)

    def nose(self, look: Look) -> None:
        self.fill(0.5, 0.53, 0.014, 0.085, _shade(look.skin, 1.1), blur=5)
        self.fill(0.522, 0.54, 0.01, 0.07, _shade(look.skin, 0.74), blur=5)
        self.fill(0.5, 0.606, 0.036, 0.02, _shade(look.skin, 0.86), blur=4)
        self.fill(0.5, 0.625, 0.034, 0.007, _shade(look.skin, 0.58), blur=3)
        for way in (-1, 1):
            self.fill(0.5 + way * 0.017, 0.62, 0.008, 0.005, _shade(look.skin, 0.32), blur=1.4)

    def mouth(self, look: Look) -> None:
        self.fill(0.5, 0.684, 0.066, 0.013, look.lips, blur=1.8)
        self.fill(0.5, 0.702, 0.056, 0.015, _shade(look.lips, 1.12), blur=2.2)
        self.fill(0.5, 0.692, 0.064, 0.003, _shade(look.lips, 0.42), blur=1.2)
        self.fill(0.5, 0.732, 0.04, 0.007, _shade(look.skin, 0.68), blur=4)


def _shade(colour: tuple[int, int, int], by: float) -> tuple[float, ...]:
    return tuple(channel * by for channel in colour)


def _blush(skin: tuple[int, int, int]) -> tuple[float, ...]:
    return skin[0] * 0.9, skin[1] * 0.72, skin[2] * 0.7
