"""What is to be painted, as read from a prompt."""

from dataclasses import dataclass, field
from enum import StrEnum


class Place(StrEnum):
    """The kind of land that the picture shows."""

    MOUNTAINS = "mountains"
    HILLS = "hills"
    FOREST = "forest"
    SEA = "sea"
    LAKE = "lake"
    DESERT = "desert"
    CITY = "city"
    VILLAGE = "village"


class Time(StrEnum):
    """When it is."""

    DAWN = "dawn"
    DAY = "day"
    GOLDEN = "golden_hour"
    SUNSET = "sunset"
    DUSK = "dusk"
    NIGHT = "night"


class Weather(StrEnum):
    """What the sky does."""

    CLEAR = "clear"
    CLOUDY = "cloudy"
    OVERCAST = "overcast"
    RAIN = "rain"
    STORM = "storm"
    SNOW = "snow"
    FOG = "fog"


class Season(StrEnum):
    """What grows."""

    SPRING = "spring"
    SUMMER = "summer"
    AUTUMN = "autumn"
    WINTER = "winter"


class Subject(StrEnum):
    """What stands or moves in the land."""

    HOUSE = "house"
    CASTLE = "castle"
    TOWER = "tower"
    LIGHTHOUSE = "lighthouse"
    CHURCH = "church"
    RUINS = "ruins"
    SHIP = "ship"
    BOAT = "boat"
    PERSON = "person"
    BIRDS = "birds"
    TREE = "tree"
    ROAD = "road"
    MOON = "moon"
    SUN = "sun"
    STARS = "stars"
    AURORA = "aurora"
    RIVER = "river"
    FLOWERS = "flowers"
    FIRE = "fire"


@dataclass(frozen=True, slots=True)
class Scene:
    """`tint` is a colour that the prompt names (`rrggbb`); `words` are what was understood."""

    place: Place
    time: Time
    weather: Weather
    season: Season
    subjects: frozenset[Subject] = frozenset()
    tint: str | None = None
    words: tuple[str, ...] = field(default=())

    def has(self, *subjects: Subject) -> bool:
        """Whether any of them is in the picture."""
        return not self.subjects.isdisjoint(subjects)

    @property
    def is_dark(self) -> bool:
        """Whether windows are lit."""
        return self.time in {Time.NIGHT, Time.DUSK}
