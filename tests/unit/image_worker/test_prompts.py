"""What the painter understands of prompts."""

import pytest

from image_worker.adapters.procedural.reading import read
from image_worker.adapters.procedural.scene import Place, Season, Subject, Time, Weather


@pytest.mark.parametrize(
    ("prompt", "place", "time", "weather", "season", "subjects"),
    [
        (
            "A lonely castle on a snowy mountain at night, full moon",
            Place.MOUNTAINS, Time.NIGHT, None, Season.WINTER, {Subject.CASTLE, Subject.MOON},
        ),
        (
            "Старый дом у озера осенью на рассвете, туман",
            Place.LAKE, Time.DAWN, Weather.FOG, Season.AUTUMN, {Subject.HOUSE},
        ),
        (
            "Con thuyền trên biển lúc hoàng hôn",
            Place.SEA, Time.SUNSET, None, Season.SUMMER, {Subject.BOAT},
        ),
        ("Город ночью под дождём", Place.CITY, Time.NIGHT, Weather.RAIN, Season.SUMMER, set()),
        ("rừng mùa thu, sương mù", Place.FOREST, None, Weather.FOG, Season.AUTUMN, set()),
        ("THUNDERSTORM OVER THE OCEAN", Place.SEA, None, Weather.STORM, Season.SUMMER, set()),
    ],
)  # fmt: skip
def test_words_of_three_languages_name_the_scene(
    prompt: str,
    place: Place,
    time: Time | None,
    weather: Weather | None,
    season: Season,
    subjects: set[Subject],
) -> None:
    scene = read(prompt)

    assert (scene.place, scene.season, set(scene.subjects)) == (place, season, subjects)
    assert time in {None, scene.time}
    assert weather in {None, scene.weather}


def test_parts_of_other_words_are_not_taken_for_words() -> None:
    scene = read("the startled seamstress fell asleep in the dayroom")

    assert scene.words == ()


def test_what_the_negative_prompt_names_is_left_out() -> None:
    scene = read("a castle by the sea in the rain", "castle, rain")

    assert Subject.CASTLE not in scene.subjects
    assert scene.weather is not Weather.RAIN
    assert scene.place is Place.SEA


def test_any_text_names_the_same_scene_whenever_it_is_read() -> None:
    assert read("qwertz 123 ☂") == read("  QWERTZ   123 ☂ ")
