"""Pictures to work on; all of them are painted."""

import io
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from image_worker.adapters.procedural.composing import compose
from image_worker.adapters.procedural.reading import read
from tests.unit.image_worker.faces import DARK, FAIR, Look, portrait

Picture = NDArray[np.uint8]
LOOKS = (FAIR, DARK, Look((196, 150, 120), (150, 110, 60), wide=0.94))


@cache
def landscape(prompt: str, width: int, height: int) -> Picture:
    """What the embedded painter makes of a prompt."""
    return compose(read(prompt), width, height, 1, lambda done, of: None)


def composite(look: Look, prompt: str, side: int) -> tuple[Picture, NDArray[np.bool_]]:
    """Somebody before a landscape, and the true mask."""
    person = portrait(look, side)
    apart = np.abs(person.astype(int) - look.background).sum(-1) > 24
    window = np.ones((side // 20, side // 20), np.uint8)
    truth = np.asarray(cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_CLOSE, window), bool)
    behind = landscape(prompt, side, side)
    return np.where(truth[..., None], person, behind).astype(np.uint8), truth


def resized(picture: Picture, width: int, height: int) -> Picture:
    """Smoothly."""
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def jpeg(picture: Picture) -> bytes:
    """As a camera stores it."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=92)
    return file.getvalue()
