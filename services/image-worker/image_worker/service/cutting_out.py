"""What a picture shows, without what is behind it."""

from dataclasses import dataclass

import cv2
import numpy as np

from image_worker.arrays import Floats, floats
from image_worker.errors import SubjectNotFound
from image_worker.ports import Mask, Pixels
from image_worker.service.fitting import fitted

#: The edge is found at this size, and followed at full size by the guide's own detail.
_GUIDE_SIDE = 1_024
_RADIUS, _EPSILON = 8, 1e-4
#: Rows that are worked on at a time, so that memory does not grow with the picture.
_STRIP = 256
#: Answers below are background, above are subject.
_NOTHING, _EVERYTHING = 0.08, 0.92
#: Opacity, of 255, above which something can be seen.
_SEEN = 12


@dataclass(frozen=True, slots=True)
class CutOut:
    """The subject's colours, without any of the background's, and how opaque it is."""

    pixels: Pixels
    alpha: Mask


def alpha_of(pixels: Pixels, coarse: Mask, field: str) -> Mask:
    """Full-resolution opacity from a coarse mask, by a fast guided filter (He and Sun, 2015).

    Raises SubjectNotFound when the mask is empty.
    """
    height, width = pixels.shape[:2]
    scale = min(1.0, _GUIDE_SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    guide = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    mask = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    gains, offset = _guided(floats(guide), floats(np.clip(mask, 0, 1)))
    alpha = np.empty((height, width), np.uint8)
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        part = pixels[top:bottom].astype(np.float32) / 255
        value = (part * _strip(gains, top, bottom, height, width)).sum(-1)
        value += _strip(offset, top, bottom, height, width)
        alpha[top:bottom] = _decided(value)
    if int(alpha.max()) < 128:
        raise SubjectNotFound("nothing in the picture stands out from its background", field=field)
    return alpha


def _guided(guide: Floats, mask: Floats) -> tuple[Floats, Floats]:
    """Linear coefficients for each colour, and an offset: the mask as a function of the guide."""
    window = (2 * _RADIUS + 1, 2 * _RADIUS + 1)

    def mean(values: Floats) -> Floats:
        return np.asarray(cv2.blur(values, window), np.float32)

    middle, mask_middle = mean(guide), mean(mask)
    shared = mean(guide * mask[..., None]) - middle * mask_middle[..., None]
    outer = mean((guide[..., :, None] * guide[..., None, :]).reshape(*mask.shape, 9))
    outer = outer.reshape(*mask.shape, 3, 3) - middle[..., :, None] * middle[..., None, :]
    outer += _EPSILON * np.eye(3, dtype=np.float32)
    gains = np.linalg.solve(outer, shared[..., None])[..., 0].astype(np.float32)
    offset = mask_middle - (gains * middle).sum(-1)
    return mean(gains), mean(offset)


def _strip(values: Floats, top: int, bottom: int, height: int, width: int) -> Floats:
    """Rows `top` to `bottom` of the values, enlarged to height × width."""
    scale = values.shape[0] / height
    rows = (np.arange(top, bottom, dtype=np.float32) + 0.5) * scale - 0.5
    columns = (np.arange(width, dtype=np.float32) + 0.5) * (values.shape[1] / width) - 0.5
    map_x, map_y = np.meshgrid(columns, rows)
    return np.asarray(
        cv2.remap(values, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        np.float32,
    )


def _decided(value: Floats) -> Mask:
    t = np.clip((value - _NOTHING) / (_EVERYTHING - _NOTHING), 0, 1)
    return np.asarray(t * 255 + 0.5, np.uint8)


def still_visible(alpha: Mask, before: Mask, field: str) -> Mask:
    """What was transparent before stays so: its colours are such as nobody was to see.

    Raises SubjectNotFound when nothing of the subject is left.
    """
    left = np.minimum(alpha, before)
    if int(left.max()) <= _SEEN:
        raise SubjectNotFound("what stands out in the picture is transparent in it", field=field)
    return left


def without_background_colours(pixels: Pixels, alpha: Mask) -> Pixels:
    """Hair and edges lose the tint of what was behind them (Forte, 2021, "blur fusion")."""
    height, width = alpha.shape
    scale = min(1.0, _GUIDE_SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small = floats(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    weight = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    front, back = (
        _surrounding(floats(small), floats(weight)),
        _surrounding(floats(small), floats(1 - weight)),
    )
    result = pixels.copy()
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        part = alpha[top:bottom]
        edge = (part > 2) & (part < 250)
        if not edge.any():
            continue
        share = part[edge].astype(np.float32)[:, None] / 255
        colours = _strip(front, top, bottom, height, width)[edge]
        behind = _strip(back, top, bottom, height, width)[edge]
        left = pixels[top:bottom][edge] - share * colours - (1 - share) * behind
        result[top:bottom][edge] = np.clip(colours + share * left + 0.5, 0, 255)
    return result


def _surrounding(colours: Floats, weight: Floats) -> Floats:
    window = (31, 31)
    total = cv2.blur(colours * weight[..., None], window)
    return np.asarray(total / (cv2.blur(weight, window)[..., None] + 1e-3), np.float32)


def bounds(alpha: Mask, margin: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is at least a little opaque, and a margin."""
    x, y, wide, tall = cv2.boundingRect((alpha > _SEEN).astype(np.uint8))
    height, width = alpha.shape
    return (
        max(0, x - margin),
        max(0, y - margin),
        min(width, x + wide + margin),
        min(height, y + tall + margin),
    )


def on_colour(cut: CutOut, colour: tuple[int, int, int]) -> Pixels:
    """The subject before one colour."""
    return _over(cut, np.broadcast_to(np.array(colour, np.uint8), cut.pixels.shape))


def on_picture(cut: CutOut, background: Pixels) -> Pixels:
    """The subject before another picture, which is cut to fill the whole size."""
    height, width = cut.alpha.shape
    return _over(cut, fitted(background, width, height))


def _over(cut: CutOut, background: Pixels) -> Pixels:
    result = np.empty_like(cut.pixels)
    for top in range(0, result.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        share = cut.alpha[rows, :, None].astype(np.uint16)
        mixed = cut.pixels[rows] * share + background[rows] * (255 - share)
        result[rows] = (mixed + 127) // 255
    return result
