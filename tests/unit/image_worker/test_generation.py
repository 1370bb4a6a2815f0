"""`image.generate` by the embedded painter, from the job to its files."""

import io
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from image_worker.adapters.procedural.composing import compose
from image_worker.adapters.procedural.scene import Place, Scene, Season, Subject, Time, Weather
from image_worker.errors import NothingToPaint, ProviderNotConfigured
from image_worker.workers.generation import GenerateImageWorker
from warren.contracts.images import GenerateImage, Pictures, TaskType
from warren.testing.worker import FakeContext

_TASK = UUID("01990000-0000-7000-8000-000000000001")


def generate(context: FakeContext | None = None, **fields: Any) -> tuple[Pictures, FakeContext]:
    context = context or FakeContext(task_id=_TASK)
    job = GenerateImage.model_validate({"width": 96, "height": 64, **fields})
    return GenerateImageWorker().perform(job, context), context


def test_a_prompt_becomes_a_picture_of_the_size_that_was_asked_for() -> None:
    result, context = generate(prompt="a lake at dawn", seed=7)

    picture = Image.open(io.BytesIO(context.saved(f"image_{_TASK}.png")))
    assert picture.size == (96, 64)
    assert result.task_type is TaskType.GENERATION
    assert result.prompt_used == "a lake at dawn"
    assert result.metadata.provider == "procedural"
    assert (result.metadata.seed, result.metadata.steps, result.metadata.size) == (7, 30, "96x64")
    assert result.artifacts[0].artifact_id == result.artifact_id
    assert len(picture.getcolors(96 * 64) or []) > 200


def test_the_file_says_that_it_was_made_by_rules() -> None:
    _, context = generate(prompt="hills")

    file = context.saved(f"image_{_TASK}.png")
    assert b"digitalsourcetype/algorithmicMedia" in file
    assert b"provider: procedural" in file


def test_a_seed_gives_the_same_picture_again_and_another_seed_another_one() -> None:
    first, again, other = (
        generate(prompt="a forest", seed=seed)[0].artifacts[0].sha256 for seed in (1, 1, 2)
    )

    assert first == again != other


def test_without_a_seed_a_second_run_of_the_task_makes_the_same_picture() -> None:
    first, _ = generate(prompt="the sea", context=FakeContext(task_id=_TASK))
    again, _ = generate(prompt="the sea", context=FakeContext(task_id=_TASK, attempt=2))
    other, _ = generate(prompt="the sea", context=FakeContext())

    assert first.artifacts[0].sha256 == again.artifacts[0].sha256
    assert first.artifacts[0].sha256 != other.artifacts[0].sha256


@pytest.mark.parametrize("place", Place)
def test_every_place_can_hold_every_subject_in_any_weather(place: Place) -> None:
    weather = list(Weather)[list(Place).index(place) % len(Weather)]
    for time in (Time.DAY, Time.NIGHT):
        scene = Scene(place, time, weather, Season.WINTER, frozenset(Subject), "c8283c")

        picture = compose(scene, 96, 64, 3, lambda done, of: None)

        assert picture.shape == (64, 96, 3)
        assert picture.std() > 3


def test_several_pictures_have_seeds_of_their_own() -> None:
    result, context = generate(prompt="mountains", n=3, seed=5, output_format="webp")

    assert [file.seed for file in result.artifacts] == [5, 6, 7]
    assert len({file.sha256 for file in result.artifacts}) == 3
    assert [ref.name for ref in context.artifacts.saved if ref.media_type == "image/webp"] != []


def test_progress_is_told_by_stage() -> None:
    _, context = generate(prompt="mountains")

    assert context.percents == sorted(context.percents)
    assert {10, 30, 90} <= set(context.percents)
    assert len(context.percents) > 5


def test_a_prompt_without_words_is_refused() -> None:
    with pytest.raises(NothingToPaint) as refusal:
        generate(prompt="\u200b")

    assert refusal.value.field == "prompt"


def test_a_provider_that_is_not_switched_on_is_refused_by_naming_those_that_are() -> None:
    with pytest.raises(ProviderNotConfigured, match="procedural") as refusal:
        generate(prompt="hills", provider="dall-e")

    assert refusal.value.field == "provider"
