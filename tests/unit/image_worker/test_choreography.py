"""A book that was read is pictured, if its upload has asked for it; told by events alone."""

from collections.abc import Iterator
from typing import ClassVar
from uuid import UUID

import orjson
import pytest

from image_worker.workers.books import IllustrateBookWorker
from image_worker.workers.descriptions import GenerateForBookWorker, GenerateForDescriptionsWorker
from image_worker.workers.generation import GenerateImageWorker
from image_worker.workers.prompts import RefinePromptWorker
from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import Event
from warren.contracts.generated_images import ImagesGenerated
from warren.testing.memory import InMemoryWarren

BOOK = UUID(int=5)
WORKERS = (
    IllustrateBookWorker,
    GenerateForBookWorker,
    GenerateForDescriptionsWorker,
    GenerateImageWorker,
    RefinePromptWorker,
)
SIZE = {"width": 64, "height": 64}


class BookRead(Event):
    """As whoever reads books states it; what pictures need of it."""

    type: ClassVar[str] = "book.processed.v1"

    book_id: UUID
    illustrate: int
    chapters: int
    descriptions: ArtifactRef


@pytest.fixture
def warren() -> Iterator[InMemoryWarren]:
    with InMemoryWarren(*WORKERS) as system:
        yield system


def uploaded(warren: InMemoryWarren, *texts: str) -> ArtifactRef:
    lines = [
        {"description_id": str(UUID(int=n)), "text": text, "chapter": n, "score": 90 - n, "cfi": ""}
        for n, text in enumerate(texts, start=1)
    ]
    content = b"\n".join(map(orjson.dumps, lines))
    return warren.upload("descriptions.ndjson", content)


def test_a_book_that_was_read_is_pictured_as_its_upload_has_asked(warren: InMemoryWarren) -> None:
    descriptions = uploaded(warren, "старый замок на закате", "a forest", "a river", "a hill")
    read = BookRead(book_id=BOOK, illustrate=1, chapters=4, descriptions=descriptions)

    warren.emit(read)
    warren.finish()

    (pictured,) = warren.tasks(GenerateForBookWorker)
    assert pictured.state == "succeeded"
    result = pictured.result
    counts = ("limit", "selected_descriptions", "generated_count", "failed_count")
    assert [result[name] for name in counts] == [1, 1, 1, 0]
    assert result["book_id"] == str(BOOK)
    ids = [image["description_id"] for image in result["generated_images"]]
    assert ids == [str(UUID(int=1))]
    (painted,) = warren.tasks(GenerateImageWorker)
    assert "castle, sunset" in painted.result["prompt_used"]
    (event,) = warren.events_of(ImagesGenerated)
    assert event.data["book_id"] == str(BOOK)
    assert len(event.data["images"]) == 1


def test_a_book_is_not_pictured_unasked(warren: InMemoryWarren) -> None:
    warren.emit(
        BookRead(book_id=BOOK, illustrate=0, chapters=1, descriptions=uploaded(warren, "a hill"))
    )
    warren.finish()

    (looked_at,) = warren.tasks(IllustrateBookWorker)
    assert looked_at.result == {"book_id": str(BOOK), "task_id": None}
    assert warren.tasks(GenerateForBookWorker) == []


def test_descriptions_are_pictured_in_their_order(warren: InMemoryWarren) -> None:
    file = uploaded(warren, "a hill", "a river")
    payload = {"descriptions": str(file.id), "count": 2, "user_id": "u-1", **SIZE}

    task = warren.submit("image.generate_for_descriptions", payload)
    warren.finish()

    result = warren.task(task).result
    assert set(result) >= {
        "user_id",
        "requested_count",
        "generated_count",
        "failed_count",
        "total_time_seconds",
        "generated_images",
    }
    assert (result["user_id"], result["requested_count"], result["failed_count"]) == ("u-1", 2, 0)
    entry = result["generated_images"][1]
    assert entry["description_id"] == str(UUID(int=2))
    assert (entry["status"], entry["provider"], entry["width"]) == ("generated", "procedural", 64)
    painted = warren.tasks(GenerateImageWorker)
    assert entry["artifact_id"] in {child.result["artifact_id"] for child in painted}


def test_a_wrong_number_of_descriptions_is_the_callers_fault(warren: InMemoryWarren) -> None:
    file = uploaded(warren, "a hill")

    task = warren.submit(
        "image.generate_for_descriptions", {"descriptions": str(file.id), "count": 2, **SIZE}
    )
    warren.finish()

    failed = warren.task(task)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error["field"] == "count"
    assert warren.dead_letters == []


def test_a_prompt_is_refined_and_the_original_kept(warren: InMemoryWarren) -> None:
    task = warren.submit("prompt.refine", {"prompt": "старый замок", "style": "ink drawing"})
    warren.finish()

    result = warren.task(task).result
    assert result["original"] == "старый замок"
    assert result["prompt"].startswith("старый замок, old, castle, ")
    assert result["translated"] == {"старый": "old", "замок": "castle"}
    assert result["added"]["style"] == "ink drawing"
    assert (result["provider"], result["fallback"]) == ("rules", None)
