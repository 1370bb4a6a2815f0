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
        result = STYLES[style](result)
    if reference is not None:
        progress(60, "colours of the reference")
        result = in_colours_of(result, reference)
        if texture > 0:
            progress(75, "texture of the reference")
            result = with_texture_of(result, reference, texture)
    mixed = cv2.addWeighted(result, strength, pixels, 1 - strength, 0)
    return np.asarray(mixed, np.uint8)


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
    grey = cv2.cvtColor(reference, cv2.COLOR_RGB2GRAY).astype(np.float32)
    side = min(*grey.shape, 512)
    # Only what is finer than things: those would show as ghosts.
    surface = (grey - cv2.GaussianBlur(grey, (0, 0), max(1.5, side / 200)))[:side, :side]
    surface = np.clip(surface, -24, 24)
    # Mirrored copies meet without a seam.
    tile = np.block([[surface, surface[:, ::-1]], [surface[::-1], surface[::-1, ::-1]]])
    down, across = (
        -(-full // part) for full, part in zip(pixels.shape[:2], tile.shape, strict=True)
    )
    spread = np.tile(tile, (down, across))[: pixels.shape[0], : pixels.shape[1]]
    smooth = cv2.edgePreservingFilter(pixels, flags=1, sigma_s=12, sigma_r=0.25)
    base = cv2.addWeighted(smooth, amount * 0.7, pixels, 1 - amount * 0.7, 0)
    return whole(base + (spread * (1.3 * amount))[..., None])


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
