"""A pipeline of diffusers paints behind the port: step by step, and until it is cancelled."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from image_worker.adapters.outside.diffusers_pictures import DiffusersPictures
from image_worker.errors import ModelMissing
from image_worker.ports import PictureRequest
from image_worker.workers.generation import GenerateImageWorker
from image_worker.workers.surroundings import providers
from tests.torch.tiny_pipeline import build
from warren.contracts.images import GenerateImage
from warren.errors import JobCancelled
from warren.testing.worker import FakeContext

# Of libraries that are not ours.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def painter(folder: Path) -> DiffusersPictures:
    made = DiffusersPictures(folder, "cpu")
    made.warm_up()
    return made


def request(seed: int = 7, steps: int = 4) -> PictureRequest:
    return PictureRequest("an old castle", "fog", 64, 96, steps, 7.5, seed)


def ignored(_done: int, _total: int) -> None:
    """Nobody looks."""


def test_a_pipeline_paints_pictures_of_the_size_that_was_asked_for(
    painter: DiffusersPictures,
) -> None:
    painted = painter.paint(request(), ignored)

    assert painted.pixels.shape == (96, 64, 3)
    assert painted.pixels.dtype == np.uint8
    assert painted.details == {"device": "cpu"}


def test_a_seed_gives_the_same_picture_again(painter: DiffusersPictures) -> None:
    first, again, other = (painter.paint(request(seed), ignored).pixels for seed in (7, 7, 8))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_step_is_told(painter: DiffusersPictures) -> None:
    told: list[tuple[int, int]] = []

    painter.paint(request(steps=5), lambda done, total: told.append((done, total)))

    assert told == [(number, 5) for number in range(6)]


def test_a_cancellation_ends_it_between_two_steps(painter: DiffusersPictures) -> None:
    told: list[int] = []

    def cancelled(done: int, _total: int) -> None:
        told.append(done)
        if done == 2:
            raise JobCancelled("cancelled")

    with pytest.raises(JobCancelled):
        painter.paint(request(steps=50), cancelled)

    assert told == [0, 1, 2]


def test_a_folder_without_a_pipeline_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"IMAGE_DIFFUSERS_MODEL.*model_index"):
        DiffusersPictures(tmp_path, "cpu")


@pytest.fixture
def configured(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("IMAGE_PROVIDERS", "procedural, diffusers")
    monkeypatch.setenv("IMAGE_DIFFUSERS_MODEL", str(folder))
    providers.cache_clear()
    yield
    providers.cache_clear()


def test_a_job_that_names_it_is_painted_by_it(configured: None) -> None:
    context = FakeContext()
    job = GenerateImage(
        prompt="a castle", width=64, height=64, num_inference_steps=3, provider="diffusers"
    )

    result = GenerateImageWorker().perform(job, context)

    assert (result.metadata.provider, result.metadata.model) == ("diffusers", "tiny")
    assert (result.metadata.steps, result.metadata.size) == (3, "64x64")
    assert context.percents == sorted(context.percents)
    assert any("step 2 of 3" in (report.message or "") for report in context.reports)
