"""From a prompt to a scene: the words that name places, times, weather and things."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import TypeVar

from image_worker.adapters.procedural.scene import Place, Scene, Season, Subject, Time, Weather
from image_worker.adapters.procedural.words import PLACES, SEASONS, SUBJECTS, TIMES, TINTS, WEATHERS

Meaning = TypeVar("Meaning", bound=str)
_AT_SEA = {Subject.SHIP, Subject.LIGHTHOUSE, Subject.BOAT}
#: What a prompt says nothing about is drawn from these by its words, always the same.
_USUAL_PLACES = (Place.HILLS, Place.MOUNTAINS, Place.LAKE, Place.FOREST)
_USUAL_TIMES = (Time.DAY, Time.GOLDEN, Time.SUNSET, Time.DAWN)


def read(prompt: str, negative_prompt: str = "") -> Scene:
    """The scene of a prompt in English, Russian or Vietnamese; what `negative_prompt` names is
    left out. Any text gives a scene: what it does not say follows from its letters."""
    text, unwanted = _normal(prompt), _normal(negative_prompt)
    lot = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    subjects = _all(SUBJECTS, text) - _all(SUBJECTS, unwanted)
    times = _ordered(TIMES, text, unwanted)
    weathers = _ordered(WEATHERS, text, unwanted)
    seasons = _ordered(SEASONS, text, unwanted)
    places = _ordered(PLACES, text, unwanted) or _implied(subjects)
    weather = weathers[0] if weathers else (Weather.CLEAR, Weather.CLOUDY)[lot % 2]
    return Scene(
        place=places[0] if places else _USUAL_PLACES[lot % 4],
        time=times[0] if times else _time(subjects, weather, lot),
        weather=weather,
        season=_season(seasons, weather),
        subjects=frozenset(subjects),
        tint=next(iter(_ordered(TINTS, text, unwanted)), None),
        words=_understood(text),
    )


def _normal(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).casefold()).strip()


def _implied(subjects: frozenset[Subject]) -> list[Place]:
    if subjects & _AT_SEA:
        return [Place.SEA]
    return [Place.HILLS] if Subject.FLOWERS in subjects else []


def _time(subjects: frozenset[Subject], weather: Weather, lot: int) -> Time:
    if subjects & {Subject.MOON, Subject.STARS, Subject.AURORA}:
        return Time.NIGHT
    if Subject.FIRE in subjects:
        return Time.DUSK
    if weather not in {Weather.CLEAR, Weather.CLOUDY}:
        return Time.DAY
    return _USUAL_TIMES[lot // 2 % 4]


def _season(seasons: list[Season], weather: Weather) -> Season:
    if seasons:
        return seasons[0]
    return Season.WINTER if weather is Weather.SNOW else Season.SUMMER


def _ordered(table: Mapping[Meaning, str], text: str, unwanted: str) -> list[Meaning]:
    """What the text names, in the table's order."""
    refused = _all(table, unwanted)
    return [meaning for meaning in table if meaning in _all(table, text) - refused]


def _all(table: Mapping[Meaning, str], text: str) -> frozenset[Meaning]:
    return frozenset(meaning for meaning, words in table.items() if _pattern(words).search(text))


def _understood(text: str) -> tuple[str, ...]:
    """The words themselves, in the order in which they stand."""
    found: dict[str, int] = {}
    for table in (PLACES, TIMES, WEATHERS, SEASONS, SUBJECTS, TINTS):
        for words in table.values():
            for match in _pattern(words).finditer(text):
                found.setdefault(match.group(), match.start())
    return tuple(sorted(found, key=lambda word: found[word]))


@cache
def _pattern(words: str) -> re.Pattern[str]:
    choices = sorted((word.strip() for word in words.split(",")), key=len, reverse=True)
    parts = (_expression(choice) for choice in choices)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")


def _expression(choice: str) -> str:
    # Brackets list letters; a star stands for any ending.
    return choice.replace("*", r"\w*").replace(" ", r"\s")
