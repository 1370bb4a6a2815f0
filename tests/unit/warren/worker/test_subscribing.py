"""`@on` says which events become tasks of a Worker class."""

from typing import Any, ClassVar

import pytest

from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.contracts.kinds import KindSubscription
from warren.errors import ConfigurationError
from warren.worker import JobContext, Worker, on
from warren.worker.catalogue import definition
from warren.worker.subscribing import subscriptions_of


class BookRemoved(Event):
    """A book is gone."""

    type: ClassVar[str] = "book.removed.v1"

    book_id: str


class IndexBook(Job):
    """Put a book into the index."""

    kind: ClassVar[str] = "sample.index_book"

    book_id: str


@on("book.processed.v1")
@on(BookRemoved, envelope=True)
class IndexBookWorker(Worker[IndexBook, None]):
    """Subscribes to two events."""

    max_retries = 5

    def perform(self, job: IndexBook, context: JobContext) -> None:
        context.progress(100)


def test_subscriptions_are_announced_with_the_kind() -> None:
    # Given a worker with subscriptions / When its kind is announced
    announced = definition("sample", IndexBookWorker)
    # Then they are part of it, in the order in which they stand, with the options of any worker
    assert announced.subscriptions == [
        KindSubscription(event_type="book.processed.v1"),
        KindSubscription(event_type="book.removed.v1", envelope=True),
    ]
    assert announced.max_retries == 5


def test_a_subclass_does_not_subscribe_by_its_base() -> None:
    class Other(IndexBookWorker):
        pass

    assert subscriptions_of(Other) == []


@pytest.mark.parametrize("event", ["book.processed", "Book.v1", "book.v0", "", "v1", 5, IndexBook])
def test_what_is_no_event_type_is_refused(event: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"such as 'book\.processed\.v1'"):
        on(event)


def test_one_event_cannot_become_two_tasks_of_one_worker() -> None:
    with pytest.raises(ConfigurationError, match=r"IndexBookWorker subscribes to book\.removed"):
        on("book.removed.v1")(IndexBookWorker)
