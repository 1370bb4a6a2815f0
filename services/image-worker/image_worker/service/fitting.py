"""A picture cut and scaled to fill a size."""

import cv2
import numpy as np
from numpy.typing import NDArray


def fitted(pixels: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The largest middle part of that shape, in that size; also of a mask."""
    part = _in_shape_of(pixels, height, width)
    shrinks = part.shape[0] > height
    filled = cv2.resize(
        part, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return np.asarray(filled, np.uint8)


def _in_shape_of(pixels: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Cut first, since a strip enlarged has gigabytes."""
    tall = min(pixels.shape[0], max(1, round(pixels.shape[1] * height / width)))
    wide = min(pixels.shape[1], max(1, round(pixels.shape[0] * width / height)))
    top, left = (pixels.shape[0] - tall) // 2, (pixels.shape[1] - wide) // 2
    return pixels[top : top + tall, left : left + wide]
