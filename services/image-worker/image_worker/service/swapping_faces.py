"""One person's face in the place of another's: mesh, warp, colours, seams."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from image_worker.arrays import floats, whole
from image_worker.errors import FaceNotFound, FaceNotFrontal, PictureTooSmall
from image_worker.ports import Face, Mask, Pixels, Points, Progress

#: Landmarks along the edge of a face, in order.
_OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152,
    148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
_RIGHT_EYE, _LEFT_EYE = 33, 263
_LEAST_EYE_DISTANCE = 12.0
_LARGEST_TURN = 0.65
#: Poisson blending costs more than its pixels: beyond this side it is done smaller, and what it
#: changes (which is smooth) is enlarged.
_BLEND_SIDE = 420


def eye_distance(landmarks: Points) -> float:
    """Between the outer corners of both eyes, in pixels."""
    return float(np.linalg.norm(landmarks[_LEFT_EYE] - landmarks[_RIGHT_EYE]))


def chosen_faces(
    faces: Sequence[Face], wanted: Sequence[int], *, every: bool, field: str
) -> list[Face]:
    """Those that were named (from the left), every one, or the largest; checked for use.

    Raises FaceNotFound, FaceNotFrontal and PictureTooSmall for `field`.
    """
    if not faces:
        raise FaceNotFound(
            "no face was found: it must be seen from the front, large and lit enough", field=field
        )
    if not wanted:
        chosen = list(faces) if every else [max(faces, key=lambda f: eye_distance(f.landmarks))]
    else:
        for number in wanted:
            if number >= len(faces):
                raise FaceNotFound(
                    f"there is no face {number}: {len(faces)} were found, numbered from 0 on "
                    "the left",
                    field=field,
                )
        chosen = [faces[number] for number in dict.fromkeys(wanted)]
    for face in chosen:
        _check(face, field)
    return chosen


def _check(face: Face, field: str) -> None:
    if face.turn > _LARGEST_TURN:
        raise FaceNotFrontal(
            "the face is a profile: half of it is hidden. Use one that looks towards the camera",
            field=field,
        )
    distance = eye_distance(face.landmarks)
    if distance < _LEAST_EYE_DISTANCE:
        raise PictureTooSmall(
            f"the face is too small: its eyes are {distance:.0f} pixels apart, at least "
            f"{_LEAST_EYE_DISTANCE:.0f} are needed",
            field=field,
        )


def swap(
    source: Pixels,
    face: Face,
    target: Pixels,
    faces: Sequence[Face],
    ratio: float,
    progress: Progress,
) -> Pixels:
    """The target with `face` in the place of `faces`; `ratio` 0 leaves it as it is."""
    result = target.copy()
    for number, place in enumerate(faces, start=1):
        _swap_one(source, face.landmarks, result, place.landmarks, ratio)
        progress(25 + 65 * number / len(faces), f"face {number} of {len(faces)}")
    return result


def _swap_one(
    source: Pixels, source_points: Points, result: Pixels, target_points: Points, ratio: float
) -> None:
    """Changes `result` in place, and only around the face."""
    left, top, right, bottom = _surroundings(target_points, result)
    part = result[top:bottom, left:right]
    points = target_points - np.array([left, top], np.float32)
    outline = _outline(points, part.shape[:2])
    if not outline.any():
        return
    warped = _warped(source, source_points, points, part)
    matched = _colours_matched(warped, part, outline)
    blended = _blended(matched, part, outline)
    soft = _softened(outline, eye_distance(target_points)) * np.float32(ratio)
    part[:] = whole(part + (blended - part) * soft[..., None])


def _surroundings(points: Points, picture: Pixels) -> tuple[int, int, int, int]:
    low, high = points.min(axis=0), points.max(axis=0)
    margin = (high - low) * 0.2 + 4
    height, width = picture.shape[:2]
    left, top = np.clip(low - margin, 0, (width - 1, height - 1)).astype(int)
    right, bottom = np.clip(high + margin, (1, 1), (width, height)).astype(int)
    return int(left), int(top), int(right), int(bottom)


def _outline(points: Points, shape: tuple[int, ...]) -> Mask:
    """What lies within the edge of the face, a little inside of it."""
    edge = points[list(_OVAL)]
    middle = edge.mean(axis=0)
    inside = (middle + (edge - middle) * 0.97).round().astype(np.int32)
    mask = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(mask, [inside], 255)
    # Poisson blending must not touch the border of its picture.
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = 0, 0, 0, 0
    return mask


def _warped(source: Pixels, source_points: Points, points: Points, part: Pixels) -> Pixels:
    """The source's face with its landmarks where `points` are; beyond them, what was there."""
    triangles = _triangles(points, part.shape[:2])
    owner = np.full(part.shape[:2], -1, np.int32)
    maps = np.zeros((len(triangles), 2, 3), np.float32)
    for number, corners in enumerate(triangles):
        cv2.fillConvexPoly(owner, points[corners].round().astype(np.int32), number)
        maps[number] = cv2.getAffineTransform(points[corners], source_points[corners])
    rows, columns = np.nonzero(owner >= 0)
    own = maps[owner[rows, columns]]
    places = np.stack([columns, rows, np.ones_like(rows)], -1).astype(np.float32)
    found = np.einsum("nij,nj->ni", own, places)
    map_x, map_y = (np.zeros(part.shape[:2], np.float32) for _ in range(2))
    map_x[rows, columns], map_y[rows, columns] = found[:, 0], found[:, 1]
    warped = cv2.remap(source, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.where((owner >= 0)[..., None], warped, part)


def _triangles(points: Points, shape: tuple[int, ...]) -> list[list[int]]:
    """Delaunay's triangulation of the landmarks that lie within the picture."""
    height, width = shape[:2]
    division = cv2.Subdiv2D((0, 0, width, height))
    numbers: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(points):
        if 0 <= x < width and 0 <= y < height:
            numbers[(float(np.float32(x)), float(np.float32(y)))] = number
            division.insert((float(x), float(y)))
    found = []
    for corners in floats(division.getTriangleList()).reshape(-1, 3, 2):
        known = [numbers.get((float(x), float(y))) for x, y in corners]
        if None not in known:
            found.append([number for number in known if number is not None])
    return found


def _colours_matched(warped: Pixels, part: Pixels, outline: Mask) -> Pixels:
    """The face with the mean and the spread of the target's colours (Reinhard, 2001; in CIELAB)."""
    inside = outline > 0
    own, other = (cv2.cvtColor(each, cv2.COLOR_RGB2LAB) for each in (warped, part))
    values = own.astype(np.float32)
    mean, deviation = _statistics(values[inside])
    wanted_mean, wanted_deviation = _statistics(other[inside].astype(np.float32))
    gain = np.clip(wanted_deviation / np.maximum(deviation, 1), 0.6, 1.6)
    moved = (values - mean) * gain + wanted_mean
    return np.asarray(
        cv2.cvtColor(np.clip(moved, 0, 255).astype(np.uint8), cv2.COLOR_LAB2RGB), np.uint8
    )


def _statistics(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return values.mean(axis=0), values.std(axis=0)


def _blended(face: Pixels, part: Pixels, outline: Mask) -> NDArray[np.float32]:
    """Without a seam: gradients of the face, edge of the target (Pérez et al., 2003)."""
    height, width = part.shape[:2]
    scale = min(1.0, _BLEND_SIDE / max(height, width))
    size = max(8, round(width * scale)), max(8, round(height * scale))
    small_face, small_part = (
        cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (face, part)
    )
    mask = cv2.resize(outline, size, interpolation=cv2.INTER_NEAREST)
    mask[:2], mask[-2:], mask[:, :2], mask[:, -2:] = 0, 0, 0, 0
    if not mask.any():
        return face.astype(np.float32)
    x, y, wide, tall = cv2.boundingRect(mask)
    cloned = cv2.seamlessClone(
        small_face, small_part, mask, (x + wide // 2, y + tall // 2), cv2.NORMAL_CLONE
    )
    change = cloned.astype(np.float32) - small_face
    change = np.where((mask > 0)[..., None], change, 0).astype(np.float32)
    # Carried on beyond the edge, so that enlarging mixes nothing foreign in.
    weight = cv2.GaussianBlur((mask > 0).astype(np.float32), (0, 0), 2)
    change = cv2.GaussianBlur(change, (0, 0), 2) / np.maximum(weight, 1e-3)[..., None]
    large = cv2.resize(change, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(face + large, np.float32)


def _softened(outline: Mask, distance: float) -> NDArray[np.float32]:
    """From 1 inside to 0 at the edge, over a tenth of the distance between the eyes."""
    reach = max(distance * 0.1, 2.0)
    away = cv2.distanceTransform(outline, cv2.DIST_L2, 3)
    return floats(np.clip(away / reach, 0, 1))
