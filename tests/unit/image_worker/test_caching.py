"""The same request is worked on once."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from image_worker.workers.generation import GenerateImageWorker
from image_worker.workers.style import TransferStyleWorker
from tests.unit.image_worker.files import file_of, gradient
from warren.artifacts import CorruptArtifact
from warren.contracts.images import GenerateImage, Pictures, TransferStyle
from warren.testing.worker import FakeContext, MemoryStore


def restyle(context: FakeContext, **fields: Any) -> Pictures:
    image = context.given("photo.png", file_of(gradient()), "image/png")
    job = TransferStyle.model_validate({"image": image, "style": "sepia", **fields})
    return TransferStyleWorker().perform(job, context)


class DamagedStore(MemoryStore):
    """Finds out while reading that the bytes of its `damaged` files are others."""

    def __init__(self) -> None:
        super().__init__()
        self.damaged: set[str] = set()

    def open(self, sha256: str) -> Iterator[bytes]:
        yield self.read(sha256)
        if sha256 in self.damaged:
            raise CorruptArtifact(f"artifact {sha256} has other bytes")


def of_one_customer(store: MemoryStore, count: int = 2) -> list[FakeContext]:
    customer = uuid4()
    return [FakeContext(store=store, customer_id=customer) for _ in range(count)]


def test_a_second_task_is_given_files_of_its_own_with_the_same_content() -> None:
    first, second = of_one_customer(MemoryStore())

    made, again = restyle(first), restyle(second)

    assert (made.cached, again.cached) == (False, True)
    assert again.artifacts[0].sha256 == made.artifacts[0].sha256
    assert again.artifact_id != made.artifact_id
    assert {file.id for file in second.artifacts.saved} == {again.artifact_id, again.thumbnail_id}
    assert all(str(second.task_id) in file.name for file in second.artifacts.saved)
    (told,) = second.events
    assert [image["artifact"]["id"] for image in told.data["images"]] == [str(again.artifact_id)]


def test_other_options_are_another_request() -> None:
    first, second = of_one_customer(MemoryStore())

    restyle(first)

    assert not restyle(second, strength=0.5).cached


def test_customers_share_nothing() -> None:
    store = MemoryStore()

    restyle(FakeContext(store=store))

    assert not restyle(FakeContext(store=store)).cached


def test_files_that_have_gone_are_made_again() -> None:
    first, second = of_one_customer(store := MemoryStore())
    made = restyle(first)
    del store.contents[made.artifacts[0].sha256]

    again = restyle(second)

    assert not again.cached
    assert store.read(again.artifacts[0].sha256)


def test_files_that_are_damaged_are_made_again() -> None:
    first, second = of_one_customer(store := DamagedStore())
    store.damaged.add(restyle(first).artifacts[0].sha256)

    again = restyle(second)

    assert not again.cached
    assert {file.id for file in second.artifacts.saved} == {again.artifact_id, again.thumbnail_id}


def test_only_pictures_that_can_be_asked_for_again_are_remembered() -> None:
    store = MemoryStore()
    size: dict[str, Any] = {"prompt": "hills", "width": 64, "height": 64}

    GenerateImageWorker().perform(GenerateImage(**size), FakeContext(store=store))
    assert store.manifests == {}

    GenerateImageWorker().perform(GenerateImage(**size, seed=1), FakeContext(store=store))
    assert len(store.manifests) == 1
