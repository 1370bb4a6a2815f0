"""Ships, people, birds and fires: shapes that are cut from paper, so to speak, and lit."""

from collections.abc import Callable

import cv2
import numpy as np

from image_worker.adapters.procedural.daylight import Daylight
from image_worker.adapters.procedural.land import Height
from image_worker.adapters.procedural.noise import colour, mix, screen
from image_worker.adapters.procedural.outlines import Part
from image_worker.adapters.procedural.scene import Place, Scene, Subject
from image_worker.adapters.procedural.shapes import bird, campfire, figure, oak
from image_worker.adapters.procedural.ships import boat, ship
from image_worker.adapters.procedural.view import Camera
from image_worker.arrays import Floats, floats

#: Edges are drawn this much finer, then smoothed.
_FINER = 8
_SHIFT = 3
Maker = Callable[[np.random.Generator], list[Part]]


def with_figures(
    scene: Scene,
    picture: Floats,
    camera: Camera,
    ground: Height,
    light: Daylight,
    generator: np.random.Generator,
) -> Floats:
    """The picture with the figures that its prompt names, from far to near."""
    side = float(generator.choice((-1.0, 1.0)))
    stage = Stage(scene, camera, ground, light)
    if scene.has(Subject.BIRDS) or (scene.place is Place.SEA and not scene.is_dark):
        picture = _birds(picture, generator)
    if scene.has(Subject.SHIP):
        picture = stage.afloat(picture, ship(generator), side * 0.13, 95.0)
    if scene.has(Subject.BOAT):
        picture = stage.afloat(picture, boat(generator), -side * 0.1, 26.0)
    if scene.has(Subject.TREE):
        picture = stage.ashore(picture, oak(generator, scene.season), side * 0.22, 30.0)
    if scene.has(Subject.FIRE):
        picture = stage.ashore(picture, campfire(generator), side * 0.08, 11.0)
        picture = stage.firelight(picture, side * 0.08, 11.0)
    if scene.has(Subject.PERSON):
        picture = stage.ashore(picture, figure(generator), -side * 0.07, 7.5)
    return picture


class Stage:
    """Puts figures where they stand."""

    def __init__(self, scene: Scene, camera: Camera, ground: Height, light: Daylight) -> None:
        self._scene = scene
        self._camera = camera
        self._ground = ground
        self._light = light

    def afloat(self, picture: Floats, parts: list[Part], side: float, z: float) -> Floats:
        """On the water at x = side · z, mirrored in it; on dry land nothing is changed."""
        depth = next((d for d in (z, z * 1.7, z * 0.7, z * 3) if self._is_water(side * d, d)), None)
        if depth is None:
            return picture
        mirrored = self._drawn(picture, parts, side * depth, 0.0, depth, -1.0)
        below = np.arange(picture.shape[0]) > self._camera.row_of(0.0, depth)
        picture = mix(
            picture, mirrored, floats(np.broadcast_to(below[:, None] * 0.42, picture.shape[:2]))
        )
        return self._drawn(picture, parts, side * depth, 0.0, depth, 1.0)

    def ashore(self, picture: Floats, parts: list[Part], side: float, z: float) -> Floats:
        """On the ground at x = side · z, or nearer, where it is dry."""
        for depth in (z, z * 0.7, z * 0.5, z * 0.35):
            height = self._height(side * depth, depth)
            if height > 0.15:
                return self._drawn(picture, parts, side * depth, height, depth, 1.0)
        return picture

    def firelight(self, picture: Floats, side: float, z: float) -> Floats:
        """Warm light around a fire."""
        camera = self._camera
        column = camera.column_of(side * z, z)
        row = camera.row_of(self._height(side * z, z) + 0.4, z)
        rows, columns = np.indices(picture.shape[:2], dtype=np.float32)
        away = np.hypot((columns - column), (rows - row) * 1.8) * z / camera.focal
        shine = 0.9 * np.exp(-((away / 1.6) ** 2)) + 0.16 * np.exp(-away / 2.4)
        warm = colour(1.0, 0.5, 0.16) * shine[..., None]
        return floats(picture * (1 + 2.2 * warm) + warm * 0.12)

    def _is_water(self, x: float, z: float) -> bool:
        return self._height(x, z) < -0.3

    def _height(self, x: float, z: float) -> float:
        return float(self._ground(floats([[x]]), floats([[z]]))[0, 0])

    def _drawn(
        self, picture: Floats, parts: list[Part], x: float, y: float, z: float, upwards: float
    ) -> Floats:
        camera, light = self._camera, self._light
        column, row, scale = camera.column_of(x, z), camera.row_of(y, z), camera.focal / z
        air = 1 - np.exp(-z / 1500 * light.haze)
        sun_side = np.sign(light.toward_sun[0]) or 1.0
        painted = picture.copy()
        for part in parts:
            points = part.points * np.array([scale, -scale * upwards]) + (column, row)
            lit_from = 0.5 + 0.5 * sun_side * part.facing
            shine = light.sun * (0.12 + 0.55 * lit_from) + light.ambient * 1.25
            tint = screen(part.colour) * shine + part.glow * screen(part.colour)
            _paint(painted, points, floats(tint * (1 - air) + light.horizon * air), part.opacity)
        return painted


def _birds(picture: Floats, generator: np.random.Generator) -> Floats:
    height, width = picture.shape[:2]
    middle = generator.uniform((0.25, 0.14), (0.75, 0.3)) * (width, height)
    dark = colour(0.03, 0.035, 0.045)
    picture = picture.copy()
    for _ in range(int(generator.integers(7, 12))):
        place = middle + generator.normal(0, 1, 2) * (width * 0.09, height * 0.04)
        size = float(generator.uniform(0.5, 1.0)) * min(width, height) * 0.017
        _paint(picture, bird(generator) * size + place, dark, 0.75)
    return picture


def _paint(picture: Floats, points: Floats, tint: Floats, opacity: float) -> None:
    """A polygon, in place, with smooth edges."""
    height, width = picture.shape[:2]
    low, high = np.floor(points.min(axis=0)) - 1, np.ceil(points.max(axis=0)) + 2
    left, top = (int(v) for v in np.clip(low, 0, (width, height)))
    right, bottom = (int(v) for v in np.clip(high, 0, (width, height)))
    if left >= right or top >= bottom:
        return
    mask = np.zeros((bottom - top, right - left), np.uint8)
    fixed = np.clip((points - (left, top)) * _FINER, -(1 << 28), 1 << 28).round().astype(np.int32)
    cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, _SHIFT)
    part = picture[top:bottom, left:right]
    part[:] = mix(part, tint, floats(mask) * np.float32(opacity / 255))
