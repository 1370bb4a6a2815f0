"""What the rules make of a prompt."""

import pytest

from image_worker.ports import RefineRequest
from image_worker.service.refining.lexicon import find
from image_worker.service.refining.rules import LONGEST, RulesRefiner


def refined(prompt: str, negative: str = "", style: str | None = None) -> tuple[str, str]:
    result = RulesRefiner().refine(RefineRequest(prompt, negative, style))
    return result.prompt, result.negative_prompt


@pytest.mark.parametrize(
    ("prompt", "nouns"),
    [
        ("Старый замок на холме ночью", ["old", "castle", "hill", "night"]),
        ("Ngôi nhà trong khu rừng, sương mù", ["house", "forest", "fog"]),
        ("The castles of old kings", ["castle", "old", "king"]),
        ("который лестница морозный", []),
        ("", []),
    ],
)
def test_things_are_recognised_in_three_languages(prompt: str, nouns: list[str]) -> None:
    assert [finding.english for finding in find(prompt)] == nouns


def test_the_words_of_the_caller_stay_and_nouns_are_translated() -> None:
    prompt, _ = refined("Старый замок  у моря\nна закате")

    assert prompt.startswith("Старый замок у моря на закате, old, castle, sea, sunset, ")
    assert "golden hour light" in prompt


def test_a_prompt_that_says_how_it_wants_to_look_is_not_contradicted() -> None:
    prompt, _ = refined("a pencil sketch of a king, backlit")

    assert "painting" not in prompt
    assert "light" not in prompt.replace("backlit", "")
    assert "expressive portrait" in prompt


def test_a_style_that_was_asked_for_takes_the_place_of_the_usual_one() -> None:
    prompt, _ = refined("a castle", style="ukiyo-e woodblock")

    assert "ukiyo-e woodblock" in prompt
    assert "digital painting" not in prompt


def test_what_is_not_wanted_keeps_the_callers_words_and_never_what_is_asked_for() -> None:
    _, negative = refined("an old man before a shop sign", "people, blurry")

    assert negative.startswith("people, blurry, ")
    assert negative.count("blurry") == 1
    assert "extra fingers" in negative
    assert "text" not in negative.split(", ")


def test_a_long_prompt_is_kept_whole_and_gets_what_there_is_room_for() -> None:
    prompt, _ = refined("замок " * 830)

    assert prompt.startswith("замок замок")
    assert len(prompt) <= LONGEST
    assert len(refined("x" * 6_000)[0]) == 6_000


def test_the_same_prompt_is_refined_in_the_same_way() -> None:
    assert refined("a dog in the snow") == refined("a dog in the snow")
