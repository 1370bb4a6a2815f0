"""Named styles: how a picture would look if it had been painted, drawn or printed.

Each takes and gives a picture of any size; brush sizes grow with it, so that a small and a large
version of a picture look alike.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import cv2
import numpy as np

from image_worker.arrays import Floats, as_bytes, whole
from image_worker.ports import Pixels
from warren.contracts.images import StyleName

Style = Callable[[Pixels], Pixels]


def _unit(pixels: Pixels) -> float:
    """1 for a picture whose sides are about 768 pixels."""
    return max(0.5, math.sqrt(pixels.shape[0] * pixels.shape[1]) / 768)


def _odd(size: float) -> int:
    return max(1, round(size)) | 1


def _grey(pixels: Any) -> Pixels:
    return as_bytes(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))


def _paper(shape: tuple[int, ...], unit: float, strength: float) -> Floats:
    """Grain of paper around 1, always the same."""
    generator = np.random.default_rng(20_250_101)
    fine = generator.standard_normal(shape[:2]).astype(np.float32)
    grain = cv2.GaussianBlur(fine, (0, 0), 0.9 * unit) * 0.9 * unit
    coarse = cv2.GaussianBlur(fine, (0, 0), 3.2 * unit) * 3.2 * unit
    return np.asarray(1 + strength * (grain + 0.8 * coarse), np.float32)[..., None]


def watercolour(pixels: Pixels) -> Pixels:
    """Flat washes that are darker at their edges, on rough paper."""
    unit = _unit(pixels)
    flat = cv2.pyrMeanShiftFiltering(pixels, 8 * min(unit, 1.5), 26) if unit <= 1.6 else pixels
    washed = cv2.edgePreservingFilter(flat, flags=1, sigma_s=22 * unit, sigma_r=0.35)
    soft = cv2.GaussianBlur(washed, (0, 0), 1.4 * unit).astype(np.float32)
    grey = _grey(washed).astype(np.float32)
    rim = np.clip(cv2.GaussianBlur(grey, (0, 0), 3 * unit) - grey, 0, 40)[..., None]
    light = 255 - (255 - soft) * 0.86 - rim * 0.8
    return whole(255 - (255 - light) * _paper(pixels.shape, unit, 0.07))


def oil(pixels: Pixels) -> Pixels:
    """Short strokes of one colour, with the light of a canvas on their ridges."""
    unit = _unit(pixels)
    painted = cv2.xphoto.oilPainting(pixels, max(3, round(4 * unit)), 1)
    strokes = _grey(painted).astype(np.float32)
    ridges = cv2.filter2D(strokes, -1, np.array([[-1, -0.6, 0], [-0.6, 0, 0.6], [0, 0.6, 1]]) * 0.3)
    return whole(painted.astype(np.float32) * 1.03 + np.clip(ridges, -18, 18)[..., None])


def _pencil_tones(pixels: Pixels) -> Floats:
    unit = _unit(pixels)
    grey = _grey(pixels).astype(np.float32)
    blurred = 255 - cv2.GaussianBlur(255 - grey, (0, 0), 7 * unit)
    lines = np.clip(grey / np.maximum(blurred, 1), 0, 1)
    generator = np.random.default_rng(7)
    noise = generator.standard_normal(grey.shape).astype(np.float32)
    length = _odd(17 * unit)
    hatching = cv2.filter2D(noise, -1, np.eye(length, dtype=np.float32) / length**0.5)
    dark = np.clip(1 - grey / 165, 0, 1)
    shading = 1 - dark * np.clip(0.46 + 0.26 * hatching, 0, 1)
    return np.asarray(np.power(lines, 1.6) * shading, np.float32)


def pencil(pixels: Pixels) -> Pixels:
    """Graphite: lines at the edges, hatching in the shadows."""
    tones = _pencil_tones(pixels)[..., None] * _paper(pixels.shape, _unit(pixels), 0.03)
    return whole(tones * np.array([246, 244, 239], np.float32) + 6)


def colour_pencil(pixels: Pixels) -> Pixels:
    """The same in colours."""
    tones = _pencil_tones(pixels)[..., None]
    hues = cv2.GaussianBlur(pixels, (0, 0), 1.5 * _unit(pixels)).astype(np.float32)
    pale = 255 - (255 - hues) * 0.8
    return whole(pale * (0.42 + 0.58 * tones) * _paper(pixels.shape, _unit(pixels), 0.05) + 12)


def ink(pixels: Pixels) -> Pixels:
    """Black lines and dots of a pen (extended differences of Gaussians; Winnemöller, 2012)."""
    unit = _unit(pixels)
    grey = cv2.bilateralFilter(_grey(pixels), 7, 30, 5 * unit).astype(np.float32) / 255
    near, far = (cv2.GaussianBlur(grey, (0, 0), sigma * unit) for sigma in (0.8, 1.3))
    edges = near * 21 - far * 20
    black = np.where(edges > 0.52, 1, 1 + np.tanh(11 * (edges - 0.52)))
    rows, columns = np.indices(grey.shape, dtype=np.float32) / (3.6 * unit)
    lines = 0.5 + 0.5 * np.sin((rows + columns) * np.pi)
    shade = cv2.GaussianBlur(grey, (0, 0), 2.5 * unit)
    hatch = np.where(shade < 0.36, np.clip((lines - (0.36 - shade) * 2.1) * 4 + 0.5, 0, 1), 1)
    drawn = np.clip(black, 0, 1) * hatch
    return whole(drawn[..., None] * np.array([238, 234, 222], np.float32) + 10)


def pixel_art(pixels: Pixels) -> Pixels:
    """Large squares of sixteen colours."""
    height, width = pixels.shape[:2]
    side = max(height, width)
    scale = min(1.0, 128 / side)
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    lively = cv2.convertScaleAbs(small, alpha=1.12, beta=-8)
    return np.asarray(
        cv2.resize(_palette(lively, 16), (width, height), interpolation=cv2.INTER_NEAREST), np.uint8
    )


def _palette(pixels: Any, colours: int) -> Pixels:
    """The picture in its own most important colours, of which it has no more than pixels."""
    values = pixels.reshape(-1, 3).astype(np.float32)
    colours = min(colours, len(values))
    cv2.setRNGSeed(1)
    terms = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    _, labels, centres = cv2.kmeans(
        values, colours, np.zeros((len(values), 1), np.int32), terms, 2, cv2.KMEANS_PP_CENTERS
    )
    return as_bytes(whole(centres)[labels.ravel()].reshape(pixels.shape))


def cartoon(pixels: Pixels) -> Pixels:
    """Few flat colours with dark outlines."""
    unit = _unit(pixels)
    flat = cv2.edgePreservingFilter(pixels, flags=1, sigma_s=30 * unit, sigma_r=0.3)
    lab = cv2.cvtColor(flat, cv2.COLOR_RGB2LAB).astype(np.float32)
    # Few levels of light, all hues: with few levels of each colour skies become rainbows.
    lab[..., 0] = np.floor(lab[..., 0] / 28) * 28 + 14
    lab[..., 1:] = (lab[..., 1:] - 128) * 1.35 + 128
    smooth = cv2.bilateralFilter(whole(lab), 7, 40, 4 * unit)
    vivid = cv2.cvtColor(smooth, cv2.COLOR_LAB2RGB).astype(np.float32)
    grey = cv2.medianBlur(_grey(pixels), min(_odd(5 * unit), 255))
    lines = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, _odd(9 * unit) + 2, 6
    )
    outline = cv2.GaussianBlur(lines, (0, 0), 0.7 * unit).astype(np.float32) / 255
    return whole(vivid * (0.15 + 0.85 * outline[..., None]))


def poster(pixels: Pixels) -> Pixels:
    """Printed in seven colours."""
    unit = _unit(pixels)
    smooth = cv2.edgePreservingFilter(pixels, flags=1, sigma_s=25 * unit, sigma_r=0.4)
    height, width = pixels.shape[:2]
    scale = min(1.0, 320 / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(smooth, size, interpolation=cv2.INTER_AREA)
    centres = np.unique(_palette(small, 7).reshape(-1, 3), axis=0).astype(np.float32)
    result = np.empty_like(pixels)
    for top in range(0, height, 256):
        part = smooth[top : top + 256].astype(np.float32)
        away = ((part[..., None, :] - centres) ** 2).sum(-1)
        result[top : top + 256] = centres[away.argmin(-1)].astype(np.uint8)
    return np.asarray(cv2.medianBlur(result, min(_odd(3 * unit), 255)), np.uint8)


def sepia(pixels: Pixels) -> Pixels:
    """An old photograph."""
    grey = _grey(pixels).astype(np.float32)
    faded = 14 + grey * 0.95
    height, width = grey.shape
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    corners = 1 - 0.28 * np.clip(x * x + y * y - 0.3, 0, 2)
    toned = (faded * corners)[..., None] * np.array([1.07, 0.93, 0.74], np.float32)
    return whole(toned * _paper(pixels.shape, _unit(pixels), 0.02))


STYLES: Mapping[StyleName, Style] = {
    StyleName.WATERCOLOUR: watercolour,
    StyleName.OIL: oil,
    StyleName.PENCIL: pencil,
    StyleName.COLOUR_PENCIL: colour_pencil,
    StyleName.INK: ink,
    StyleName.PIXEL_ART: pixel_art,
    StyleName.CARTOON: cartoon,
    StyleName.POSTER: poster,
    StyleName.SEPIA: sepia,
}
