"""Which solids a house, a castle or a city consists of."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from image_worker.adapters.procedural.scene import Place, Scene, Subject
from image_worker.adapters.procedural.solids import Shape, Solid, Wall

Ground = Callable[[float, float], float]
Site = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Knoll:
    """A hill that is put under a building, so that it can be seen."""

    x: float
    z: float
    radius: float
    tall: float


#: How far away a building stands, and how high and wide its knoll is.
_SITES: dict[Subject, tuple[float, float, float]] = {
    Subject.CASTLE: (210.0, 26.0, 75.0),
    Subject.RUINS: (60.0, 3.0, 26.0),
    Subject.CHURCH: (105.0, 3.0, 40.0),
    Subject.TOWER: (95.0, 9.0, 34.0),
    Subject.LIGHTHOUSE: (150.0, 13.0, 36.0),
    Subject.HOUSE: (44.0, 1.2, 24.0),
}


def site_of(scene: Scene, generator: np.random.Generator) -> tuple[Subject | None, Knoll | None]:
    """The most important building, and where it stands: at a third of the picture."""
    side = float(generator.choice((-1.0, 1.0)))
    for subject, (distance, tall, radius) in _SITES.items():
        if scene.has(subject):
            z = distance * float(generator.uniform(0.92, 1.12))
            z *= 1.5 if scene.place is Place.LAKE and subject is not Subject.HOUSE else 1.0
            x = side * z * float(generator.uniform(0.1, 0.2))
            least = 5.0 if scene.place in {Place.SEA, Place.LAKE} else 0.0
            return subject, Knoll(x, z, radius, max(tall, least))
    return None, None


def solids_of(
    scene: Scene,
    subject: Subject | None,
    knoll: Knoll | None,
    ground: Ground,
    generator: np.random.Generator,
) -> list[Solid]:
    """All buildings of a scene."""
    found: list[Solid] = []
    if scene.place is Place.CITY:
        found += _city(generator)
    if scene.place is Place.VILLAGE:
        found += _village(ground, generator)
    if subject is not None and knoll is not None:
        makers = {
            Subject.CASTLE: _castle,
            Subject.RUINS: _ruins,
            Subject.CHURCH: _church,
            Subject.TOWER: _tower,
            Subject.LIGHTHOUSE: _lighthouse,
            Subject.HOUSE: _cottage,
        }
        base = ground(knoll.x, knoll.z)
        found += makers[subject](knoll.x, knoll.z, base, generator)
    return found


def _cottage(x: float, z: float, base: float, generator: np.random.Generator) -> Iterator[Solid]:
    turn = float(generator.uniform(-0.5, 0.5))
    wall = Wall.WOOD if generator.random() < 0.5 else Wall.PLASTER
    yield from _house(x, z, base, 4.6, 3.1, 3.1, turn, wall)


def _house(
    x: float, z: float, base: float, long: float, deep: float, tall: float, turn: float, wall: Wall
) -> Iterator[Solid]:
    # The walls go down below the ground, which is not level.
    yield Solid(Shape.BOX, wall, x, z, long, deep, base - 1.5, tall + 1.5, turn, 2.6)
    yield Solid(
        Shape.GABLE,
        Wall.TILES,
        x,
        z,
        long + 0.4,
        deep + 0.5,
        base + tall - 0.2,
        deep * 1.15,
        turn,
        on=1,
    )
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    chimney_x, chimney_z = x + 0.55 * long * cos, z + 0.55 * long * sin
    yield Solid(
        Shape.BOX,
        Wall.STONE,
        chimney_x,
        chimney_z,
        0.4,
        0.4,
        base + tall,
        deep * 1.25 + 0.4,
        turn,
        on=2,
    )


def _castle(x: float, z: float, base: float, generator: np.random.Generator) -> Iterator[Solid]:
    low = base - 9
    half = 21.0
    for side_x, side_z in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        tall = float(generator.uniform(17, 23))
        yield from _round_tower(
            x + side_x * half, z + side_z * 16, low, float(generator.uniform(3.6, 4.8)), tall + 9
        )
    walls = (
        (0, -16, half, 0.0),
        (0, 16, half, 0.0),
        (-half, 0, 16, np.pi / 2),
        (half, 0, 16, np.pi / 2),
    )
    for off_x, off_z, long, turn in walls:
        yield Solid(
            Shape.CRENELLATED, Wall.STONE, x + off_x, z + off_z, long, 1.3, low, 20, float(turn)
        )
    yield Solid(Shape.CRENELLATED, Wall.STONE, x - 3, z + 3, 11, 8, low, 34, 0.0, 5.0)
    yield Solid(Shape.GABLE, Wall.SLATE, x - 3, z + 3, 10, 6.5, low + 33, 8, on=1)
    yield from _round_tower(x + 8, z + 2, low, 5.2, float(generator.uniform(44, 52)))
    yield from _round_tower(x - 13, z + 7, low, 3.6, float(generator.uniform(38, 44)))
    yield Solid(Shape.BOX, Wall.STONE, x, z - 16, 4.4, 2.6, low, 24, 0.0, 0.0)


def _round_tower(x: float, z: float, base: float, radius: float, tall: float) -> Iterator[Solid]:
    yield Solid(Shape.CYLINDER, Wall.STONE, x, z, radius, radius, base, tall, 0.0, 6.0)
    wide = radius * 1.22
    yield Solid(Shape.CYLINDER, Wall.STONE, x, z, wide, wide, base + tall - 2.2, 2.2, on=1)
    yield Solid(Shape.CONE, Wall.SLATE, x, z, wide, wide, base + tall, radius * 2.7, on=1)


def _church(x: float, z: float, base: float, generator: np.random.Generator) -> Iterator[Solid]:
    turn = float(generator.uniform(-0.4, 0.4))
    cos, sin = float(np.cos(turn)), float(np.sin(turn))
    yield Solid(Shape.BOX, Wall.PLASTER, x, z, 11, 5.2, base - 2, 10, turn, 4.6)
    yield Solid(Shape.GABLE, Wall.TILES, x, z, 11.4, 5.9, base + 7.8, 6.4, turn, on=1)
    tower_x, tower_z = x - 13 * cos, z - 13 * sin
    yield Solid(Shape.BOX, Wall.PLASTER, tower_x, tower_z, 3, 3, base - 2, 20, turn, 6.0)
    yield Solid(Shape.PYRAMID, Wall.SLATE, tower_x, tower_z, 3.4, 3.4, base + 18, 13, turn, on=1)


def _tower(x: float, z: float, base: float, generator: np.random.Generator) -> Iterator[Solid]:
    yield from _round_tower(x, z, base - 3, 4.2, float(generator.uniform(26, 32)))


def _lighthouse(x: float, z: float, base: float, generator: np.random.Generator) -> Iterator[Solid]:
    tall = float(generator.uniform(24, 29))
    for part in range(8):
        radius = 3.7 - 0.2 * part
        low = base - 2 + tall * part / 8
        yield Solid(
            Shape.CYLINDER, Wall.BANDS, x, z, radius, radius, low, tall / 8 + 0.2, on=min(part, 1)
        )
    yield Solid(Shape.CYLINDER, Wall.STONE, x, z, 3.0, 3.0, base - 2 + tall, 0.7, on=1)
    yield Solid(Shape.CYLINDER, Wall.LAMP, x, z, 1.5, 1.5, base - 1.4 + tall, 2.6, on=1)
    yield Solid(Shape.CONE, Wall.TILES, x, z, 2.0, 2.0, base + 1.2 + tall, 2.2, on=1)
    yield from _house(x + 9, z + 3, base - 0.5, 4.2, 2.8, 3.0, 0.2, Wall.PLASTER)


def _ruins(x: float, z: float, base: float, generator: np.random.Generator) -> Iterator[Solid]:
    for number in range(6):
        tall = float(generator.uniform(2.5, 8.5))
        column_x, column_z = x - 9 + 3.6 * number, z + float(generator.uniform(-0.3, 0.3))
        yield Solid(Shape.CYLINDER, Wall.STONE, column_x, column_z, 0.75, 0.75, base - 2, tall + 2)
        if tall > 7.4:
            yield Solid(Shape.BOX, Wall.STONE, column_x, column_z, 1.1, 1.1, base + tall, 0.7, on=1)
    yield Solid(Shape.BROKEN, Wall.STONE, x, z + 9, 13, 0.9, base - 2, 12, 0.05)
    yield Solid(Shape.BROKEN, Wall.STONE, x + 12.5, z + 3, 6.5, 0.9, base - 2, 9, 1.5)


def _village(ground: Ground, generator: np.random.Generator) -> Iterator[Solid]:
    for number in range(13):
        z = 62 + 15 * number + float(generator.uniform(-5, 5))
        x = float(generator.uniform(-0.34, 0.34)) * z
        if abs(x) < 5:
            x += 11
        wall = (Wall.PLASTER, Wall.WOOD, Wall.STONE)[int(generator.integers(3))]
        turn = float(generator.uniform(-0.7, 0.7))
        base = ground(x, z)
        if base > 0.8:
            long = float(generator.uniform(4.2, 6.4))
            yield from _house(x, z, base, long, 3.4, 3.6, turn, wall)
    x, z = float(generator.uniform(-22, 22)), 150.0
    yield from _church(x, z, max(ground(x, z), 1.0), generator)


def _city(generator: np.random.Generator) -> Iterator[Solid]:
    middle = float(generator.uniform(-60, 60))
    for row in range(9):
        z = 176.0 + 46 * row
        for number in range(-12, 13):
            x = number * 31 + float(generator.uniform(-5, 5)) + (row % 2) * 14
            if abs(x) > 0.75 * z or generator.random() < 0.08:
                continue
            centre = float(np.exp(-(((x - middle) / 130) ** 2)))
            tall = (
                16 + float(generator.gamma(2.0, 7.0)) + centre * float(generator.uniform(10, 105))
            )
            tall *= 0.75 + 0.07 * row
            yield from _block(x, z, min(tall, 190.0), generator)


def _block(x: float, z: float, tall: float, generator: np.random.Generator) -> Iterator[Solid]:
    high = tall > 62
    wall = Wall.GLASS if high and generator.random() < 0.65 else Wall.CONCRETE
    if not high and generator.random() < 0.4:
        wall = Wall.PLASTER
    long, deep = float(generator.uniform(8, 13.5)), float(generator.uniform(8, 13))
    yield Solid(Shape.BOX, wall, x, z, long, deep, 0.0, tall, 0.0, 3.4)
    if high and generator.random() < 0.6:
        yield Solid(
            Shape.BOX, wall, x, z, long * 0.62, deep * 0.62, tall, tall * 0.16, 0.0, 3.4, on=1
        )
    if high and generator.random() < 0.45:
        yield Solid(Shape.BOX, Wall.CONCRETE, x, z, 0.5, 0.5, tall * 1.1, 22.0)
    if not high and wall is Wall.PLASTER:
        yield Solid(Shape.PYRAMID, Wall.TILES, x, z, long + 0.4, deep + 0.4, tall, 5.0, on=1)
