"""Faces with their 468 landmarks."""

from collections.abc import Sequence

import cv2
import numpy as np

from image_worker.adapters.face_detection import Detection, FaceDetector
from image_worker.adapters.face_models import LANDMARK_SIDE, LANDMARKS, Network
from image_worker.arrays import floats
from image_worker.ports import Face, Pixels, Points

_LEAST_SCORE = 0.5
#: The mesh network wants this much of a face's surroundings.
_SURROUNDINGS = 1.5
_NOSE, _RIGHT_CHEEK, _LEFT_CHEEK = 1, 234, 454


class MeshFaceFinder:
    """Implements `FaceFinder`: detection, then a mesh for each face, looked at twice."""

    def __init__(self, *, thread_count: int = 0) -> None:
        self._threads = thread_count
        self._loaded: tuple[FaceDetector, Network] | None = None

    def warm_up(self) -> None:
        self._networks()

    def find(self, pixels: Pixels) -> Sequence[Face]:
        """Raises EngineFailed."""
        detector, mesh = self._networks()
        faces = []
        for detection in detector.find(pixels):
            place = _place_of(detection)
            # The second look is centred on what the first one saw: landmarks settle.
            for _ in range(2):
                points, score = _landmarks(mesh, pixels, place)
                place = _place_around(points)
            if score >= _LEAST_SCORE:
                faces.append(Face(points, score, _turn(points)))
        return sorted(faces, key=lambda face: float(face.landmarks[:, 0].mean()))

    def _networks(self) -> tuple[FaceDetector, Network]:
        if self._loaded is None:
            self._loaded = FaceDetector(self._threads), Network(LANDMARKS, self._threads)
        return self._loaded


def _place_of(detection: Detection) -> Points:
    """Upright square around a face: the affine map from the network's picture to ours."""
    box = detection.box.reshape(2, 2)
    right, left = detection.eyes
    return _square(box.mean(axis=0), float((box[1] - box[0]).max()), left - right)


def _place_around(points: Points) -> Points:
    low, high = points.min(axis=0), points.max(axis=0)
    # Outer corners of the eyes.
    return _square((low + high) / 2, float((high - low).max()), points[263] - points[33])


def _square(middle: Points, side: float, across: Points) -> Points:
    """2 × 3; `across` points from the right eye to the left one, which is to the right in it."""
    scale = side * _SURROUNDINGS / LANDMARK_SIDE
    unit = across / max(float(np.linalg.norm(across)), 1e-6) * scale
    turn = np.array([[unit[0], -unit[1]], [unit[1], unit[0]]], np.float32)
    half = np.full(2, LANDMARK_SIDE / 2, np.float32)
    return np.column_stack([turn, middle - turn @ half]).astype(np.float32)


def _landmarks(mesh: Network, pixels: Pixels, place: Points) -> tuple[Points, float]:
    crop = cv2.warpAffine(
        pixels,
        place,
        (LANDMARK_SIDE, LANDMARK_SIDE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
    )
    found, score = mesh.run(floats(crop) / np.float32(255))
    points = found.reshape(-1, 3)[:, :2] @ place[:, :2].T + place[:, 2]
    return points.astype(np.float32), float(1 / (1 + np.exp(-np.clip(score.ravel()[0], -80, 80))))


def _turn(points: Points) -> float:
    nose, right, left = points[_NOSE], points[_RIGHT_CHEEK], points[_LEFT_CHEEK]
    axis = left - right
    along = float((nose - right) @ axis / max(float(axis @ axis), 1e-6))
    return float(np.clip(abs(along - 0.5) * 2, 0, 1))
