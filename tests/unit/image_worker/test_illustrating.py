"""Many pictures for one task: some fail, and what was made is made once."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
import orjson
import pytest

from image_worker.errors import ProviderGaveNoPicture
from image_worker.ports import PaintedPicture, PictureRequest, Steps
from image_worker.workers.descriptions import GenerateForDescriptionsWorker
from image_worker.workers.generation import GenerateImageWorker
from warren.contracts.generated_images import GenerateForDescriptions, ImagesGenerated
from warren.contracts.images import GenerateImage
from warren.providers import ProviderDown
from warren.testing.memory import InMemoryWarren, MemoryTask
from warren.testing.worker import FakeContext
from warren.worker.joining import MembersAwaited


@dataclass
class Painter:
    """Paints grey; fails where a prompt begins with what `failures` says."""

    name: str = "grey"
    model: str = "grey"
    version: str = "1"
    failures: dict[str, Exception] = field(default_factory=dict)
    painted: list[str] = field(default_factory=list)

    def warm_up(self) -> None:
        """Nothing to load."""

    def paint(self, request: PictureRequest, steps: Steps) -> PaintedPicture:
        steps(0, 1)
        name = request.prompt.split(",")[0]
        if name in self.failures:
            raise self.failures[name]
        self.painted.append(name)
        pixels = np.full((request.height, request.width, 3), request.seed % 256, np.uint8)
        return PaintedPicture(pixels, {})


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch) -> Painter:
    made = Painter()
    monkeypatch.setattr("image_worker.workers.generation.provider", lambda _name: made)
    monkeypatch.setattr("image_worker.workers.generation.providers", lambda: {"grey": made})
    return made


@pytest.fixture
def warren(painter: Painter) -> Iterator[InMemoryWarren]:
    with InMemoryWarren(GenerateForDescriptionsWorker, GenerateImageWorker) as system:
        yield system


def asked(warren: InMemoryWarren, *texts: str) -> MemoryTask:
    lines = [
        orjson.dumps({"description_id": str(UUID(int=number)), "text": text})
        for number, text in enumerate(texts, start=1)
    ]
    file = warren.upload("descriptions.ndjson", b"\n".join(lines))
    payload = {"descriptions": str(file.id), "count": len(texts), "width": 64, "height": 64}
    return warren.task(warren.submit("image.generate_for_descriptions", payload))


def test_each_description_gets_a_picture_of_its_own_and_is_told_of(
    warren: InMemoryWarren, painter: Painter
) -> None:
    task = asked(warren, "a castle", "a river")
    warren.finish()

    assert [entry["status"] for entry in task.result["generated_images"]] == ["generated"] * 2
    children = warren.tasks(GenerateImageWorker)
    assert {child.payload["description_id"] for child in children} == {
        str(UUID(int=1)),
        str(UUID(int=2)),
    }
    assert all("soft natural light" in child.result["prompt_used"] for child in children)
    events = warren.events_of(ImagesGenerated)
    stated = [image["description_id"] for event in events for image in event.data["images"]]
    assert sorted(stated) == [str(UUID(int=1)), str(UUID(int=2))]


def test_pictures_of_many_leave_their_slots_to_others() -> None:
    context = FakeContext()
    file = context.given("d", b'{"description_id": "%s", "text": "x"}' % str(UUID(int=1)).encode())
    job = GenerateForDescriptions(descriptions=file, count=1, seed=7, style="ink")

    with pytest.raises(MembersAwaited):
        GenerateForDescriptionsWorker().perform(job, context)

    (child,) = context.children
    assert child.lane == "low"
    asked = {name: child.payload[name] for name in ("seed", "style", "refine")}
    assert asked == {"seed": 7, "style": "ink", "refine": True}


def test_a_picture_that_fails_does_not_end_the_others(
    warren: InMemoryWarren, painter: Painter
) -> None:
    painter.failures["a river"] = ProviderGaveNoPicture("it was moderated")

    task = asked(warren, "a castle", "a river", "a hill")
    warren.finish()

    assert task.state == "succeeded"
    result = task.result
    assert [result[name] for name in ("requested_count", "generated_count", "failed_count")] == [
        3,
        2,
        1,
    ]
    entries = result["generated_images"]
    assert [entry["status"] for entry in entries] == ["generated", "failed", "generated"]
    assert entries[1]["error"] == "ProviderGaveNoPicture: it was moderated"
    assert entries[1]["artifact_id"] is None


def test_a_task_without_any_picture_fails_and_its_retry_makes_them(
    warren: InMemoryWarren, painter: Painter
) -> None:
    painter.failures |= {
        name: ProviderGaveNoPicture("it was moderated") for name in ("a castle", "a river")
    }
    task = asked(warren, "a castle", "a river")
    warren.finish()
    assert task.state == "failed"
    assert task.error is not None
    assert "it was moderated" in task.error["message"]

    painter.failures.clear()
    warren.retry(task)
    warren.finish()

    assert task.state == "succeeded"
    assert task.result["generated_count"] == 2


def test_a_picture_that_is_retried_by_itself_is_not_taken_for_anothers(
    warren: InMemoryWarren, painter: Painter
) -> None:
    texts = ("a castle", "a river", "a hill")
    painter.failures |= {text: ProviderGaveNoPicture("it was moderated") for text in texts}
    task = asked(warren, *texts)
    warren.finish()
    (castle,) = (
        child for child in warren.tasks(GenerateImageWorker) if child.payload["prompt"] == texts[0]
    )

    # The second generation waits for what fails for the time being, while the first's is retried.
    painter.failures |= {text: ProviderDown("it is away", retry_after=600) for text in texts}
    warren.retry(task)
    warren.run_until_idle()
    painter.failures.clear()
    warren.retry(castle)
    warren.finish()

    pictures = {
        child.payload["description_id"]: child.result["artifact_id"]
        for child in warren.tasks(GenerateImageWorker)
        if child.state == "succeeded" and child.id != castle.id
    }
    entries = task.result["generated_images"]
    assert task.result["generated_count"] == 3
    assert {e["description_id"]: e["artifact_id"] for e in entries} == pictures


@pytest.mark.parametrize("text", [" " * 1_500 + "a river", "\u2003" * 1_500 + "a river"])
def test_blanks_before_a_description_are_left_out(warren: InMemoryWarren, text: str) -> None:
    task = asked(warren, text)
    warren.finish()

    (child,) = warren.tasks(GenerateImageWorker)
    assert child.payload["prompt"] == "a river"
    assert task.result["generated_count"] == 1


def test_a_description_without_a_word_has_no_picture_and_says_why(warren: InMemoryWarren) -> None:
    task = asked(warren, "\u200b", "a river")
    warren.finish()

    entries = task.result["generated_images"]
    assert [entry["status"] for entry in entries] == ["failed", "generated"]
    assert "no word" in entries[0]["error"]


def test_descriptions_that_all_say_nothing_are_the_callers_fault(warren: InMemoryWarren) -> None:
    task = asked(warren, "\u200b", "\u200b \u00ad")
    warren.finish()

    assert task.state == "failed"
    assert task.error is not None
    assert (task.error["type"], task.error["field"]) == ("NothingToPaint", "descriptions")
    assert warren.dead_letters == []


def test_a_run_that_is_repeated_makes_no_picture_twice(
    warren: InMemoryWarren, painter: Painter
) -> None:
    task = asked(warren, "a castle", "a river")
    warren.finish()

    warren.redeliver(task)
    warren.finish()

    assert sorted(painter.painted) == ["a castle", "a river"]


def test_a_hundred_pictures_fit_into_a_result(warren: InMemoryWarren, painter: Painter) -> None:
    painter.failures["a very long reason"] = ProviderGaveNoPicture("because " * 200)
    painter.model = "a model with quite a long name 1.0"

    task = asked(warren, *(f"a castle {n}" for n in range(99)), "a very long reason")
    warren.finish()

    assert len(task.result["generated_images"]) == 100
    assert "failed" in task.result["generated_images"][99]["error"]


def test_what_is_not_wanted_is_passed_on_and_a_prompt_is_left_as_it_is_unless_asked(
    warren: InMemoryWarren, painter: Painter
) -> None:
    job = GenerateImage(prompt="a castle", negative_prompt="fog", width=64, height=64)

    task = warren.submit("image.generate", job.model_dump(mode="json", exclude_none=True))
    warren.finish()

    assert warren.task(task).result["prompt_used"] == "a castle"
    assert warren.task(task).result["negative_prompt"] == "fog"
