"""Where the faces of a picture are, with their eyes: BlazeFace, dense and short range."""

from dataclasses import dataclass

import cv2
import numpy as np

from image_worker.adapters.face_models import FULL_RANGE, SHORT_RANGE, Network, anchors
from image_worker.arrays import floats
from image_worker.ports import Pixels, Points

_LEAST_SCORE = 0.5
_SAME_FACE = 0.35
#: In larger pictures, faces are looked for in four overlapping parts, too.
_IN_PARTS = 640
_PART = 0.6


@dataclass(frozen=True, slots=True)
class Detection:
    """A box (left, top, right, bottom) and the middle of both eyes, in pixels of the picture."""

    score: float
    box: Points
    eyes: Points


class FaceDetector:
    """Looks once at the whole picture and, where it is large, at its parts."""

    def __init__(self, thread_count: int) -> None:
        self._nets = (
            (Network(FULL_RANGE, thread_count), 192, anchors(192, (4,))),
            (Network(SHORT_RANGE, thread_count), 128, anchors(128, (8, 16, 16, 16))),
        )

    def find(self, pixels: Pixels) -> list[Detection]:
        """All faces, the surest first."""
        height, width = pixels.shape[:2]
        found = self._look(pixels, 0, 0)
        if max(height, width) >= _IN_PARTS:
            tall, wide = round(height * _PART), round(width * _PART)
            for top in (0, height - tall):
                for left in (0, width - wide):
                    found += self._look(pixels[top : top + tall, left : left + wide], left, top)
        return _distinct(found)

    def _look(self, part: Pixels, left: int, top: int) -> list[Detection]:
        found = []
        for network, side, places in self._nets:
            height, width = part.shape[:2]
            scale = side / max(height, width)
            small = cv2.resize(
                part,
                (max(1, round(width * scale)), max(1, round(height * scale))),
                interpolation=cv2.INTER_AREA,
            )
            tensor = np.zeros((side, side, 3), np.float32)
            tensor[: small.shape[0], : small.shape[1]] = small / np.float32(127.5) - 1
            boxes, scores = network.run(tensor)
            found += _detections(boxes, scores, places, side, scale, (left, top))
            if found:
                break
        return found


def _detections(
    boxes: Points,
    scores: Points,
    places: Points,
    side: int,
    scale: float,
    corner: tuple[int, int],
) -> list[Detection]:
    sure = 1 / (1 + np.exp(-np.clip(scores[:, 0], -80, 80)))
    found = []
    for index in np.flatnonzero(sure >= _LEAST_SCORE):
        values = boxes[index].reshape(8, 2) / side
        middle, size = values[0] + places[index], values[1]
        points = np.stack([middle - size / 2, middle + size / 2, *(values[2:4] + places[index])])
        points = points * (side / scale) + np.array(corner, np.float32)
        found.append(
            Detection(float(sure[index]), floats(points[:2].reshape(4)), floats(points[2:]))
        )
    return found


def _distinct(found: list[Detection]) -> list[Detection]:
    kept: list[Detection] = []
    for each in sorted(found, key=lambda face: -face.score):
        if all(_overlap(each.box, other.box) < _SAME_FACE for other in kept):
            kept.append(each)
    return kept


def _overlap(first: Points, second: Points) -> float:
    """Shared area, as a part of the smaller box."""
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    shared = float(np.prod(np.clip(high - low, 0, None)))
    smaller = min(float(np.prod(box[2:] - box[:2])) for box in (first, second))
    return shared / max(smaller, 1e-6)
