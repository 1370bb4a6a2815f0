"""Arrays of the types that pictures are computed in, whatever a library called its own."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from image_worker.ports import Pixels

Floats = NDArray[np.float32]


def floats(values: Any) -> Floats:
    """In single precision."""
    return np.asarray(values, np.float32)


def whole(values: Any) -> Pixels:
    """Rounded to bytes; what lies beyond 0 and 255 becomes these."""
    return np.asarray(np.clip(np.asarray(values) + np.float32(0.5), 0, 255), np.uint8)


def as_bytes(values: Any) -> Pixels:
    """What are bytes already."""
    return np.asarray(values, np.uint8)
