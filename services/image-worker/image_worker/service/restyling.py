"""A picture in a named style, in the colours and with the surface of another one, or both."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from image_worker.arrays import whole
from image_worker.ports import Pixels, Progress
from image_worker.service.styles import STYLES
from warren.contracts.images import StyleName

_STRIP = 256
#: Pixels that are painted at a time: styles compute with many copies in floating point.
_LARGEST = 8_000_000


def restyle(
    pixels: Pixels,
    style: StyleName | None,
    reference: Pixels | None,
    *,
    strength: float,
    texture: float,
    progress: Progress,
) -> Pixels:
    """`strength` 0 gives the picture itself."""
    result = pixels
    if style is not None:
        progress(25, f"style {style.value}")
        result = _styled(result, style)
    if reference is not None:
        progress(60, "colours of the reference")
        result = in_colours_of(result, reference)
        if texture > 0:
            progress(75, "texture of the reference")
            result = with_texture_of(result, reference, texture)
    mixed = cv2.addWeighted(result, strength, pixels, 1 - strength, 0)
    return np.asarray(mixed, np.uint8)


def _styled(pixels: Pixels, style: StyleName) -> Pixels:
    """Of a very large picture a smaller version is painted, and enlarged: strokes are coarse."""
    height, width = pixels.shape[:2]
    scale = min(1.0, (_LARGEST / (height * width)) ** 0.5)
    if scale == 1.0:
        return STYLES[style](pixels)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    large = cv2.resize(STYLES[style](small), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(large, np.uint8)


def in_colours_of(pixels: Pixels, reference: Pixels) -> Pixels:
    """With the reference's distribution of colours, as far as a linear map can give it.

    The closed-form optimal transport between two normal distributions (Pitié and Kokaram, 2007),
    in CIELAB.
    """
    mean, covariance = _statistics(pixels)
    wanted_mean, wanted_covariance = _statistics(reference)
    root = _power(covariance, 0.5)
    inverse = _power(covariance, -0.5)
    change = inverse @ _power(root @ wanted_covariance @ root, 0.5) @ inverse
    result = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        moved = (_lab(pixels[rows]) - mean) @ change.T + wanted_mean
        result[rows] = _rgb(moved.astype(np.float32))
    return result


def with_texture_of(pixels: Pixels, reference: Pixels, amount: float) -> Pixels:
    """With the reference's fine surface (brush strokes, paper) laid over it, repeated as a tile."""
    side = min(*reference.shape[:2], 512)
    top, left = ((length - side) // 2 for length in reference.shape[:2])
    middle = reference[top : top + side, left : left + side]
    grey = cv2.cvtColor(middle, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Only what is finer than things: those would show as ghosts.
    surface = np.clip(grey - cv2.GaussianBlur(grey, (0, 0), max(1.5, side / 200)), -24, 24)
    # Mirrored copies meet without a seam.
    tile = np.block([[surface, surface[:, ::-1]], [surface[::-1], surface[::-1, ::-1]]])
    across = -(-pixels.shape[1] // tile.shape[1])
    smooth = cv2.medianBlur(pixels, 5)
    base = cv2.addWeighted(smooth, amount * 0.7, pixels, 1 - amount * 0.7, 0)
    result = np.empty_like(pixels)
    for top in range(0, pixels.shape[0], _STRIP):
        part = base[top : top + _STRIP]
        lines = tile[np.arange(top, top + len(part)) % len(tile)]
        spread = np.tile(lines, (1, across))[:, : pixels.shape[1], None]
        result[top : top + _STRIP] = whole(part + spread * (1.3 * amount))
    return result


def _statistics(pixels: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scale = min(1.0, 512 / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    values = _lab(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)).reshape(-1, 3)
    spread = np.cov(values.T.astype(np.float64)) + np.eye(3) * 1.0
    return values.mean(axis=0, dtype=np.float64), spread


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.maximum(values, 1e-6) ** exponent) @ vectors.T, np.float64)


def _lab(pixels: Any) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _rgb(values: NDArray[np.float32]) -> Pixels:
    plain = cv2.cvtColor(values, cv2.COLOR_LAB2RGB)
    return whole(plain * 255)
