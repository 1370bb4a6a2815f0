"""What a run says to ask for a batch."""

from typing import Any, ClassVar
from uuid import UUID

import pytest

from warren.client.errors import InvalidJob
from warren.client.new_task import NewTask
from warren.client.surroundings import inside_job
from warren.contracts.batches import BatchCallback
from warren.contracts.ids import new_id
from warren.contracts.intake import SpawnTasks, batch_id, parse_spawn
from warren.contracts.job import Job
from warren.contracts.submission import TaskOptions
from warren.worker import JobContext, Worker
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_run import Run
from warren.worker.spawning import Spawner


class Page(Job):
    """One of many."""

    kind: ClassVar[str] = "mail.page"

    number: int


class AllPages(BatchCallback):
    """What follows them."""

    kind: ClassVar[str] = "mail.all_pages"


class PageWorker(Worker[Page, None]):
    """Asked for only."""

    def perform(self, job: Page, context: JobContext) -> None:
        context.progress(100)


class Asking:
    """A run, and the commands that it has sent."""

    def __init__(self, task_id: UUID | None = None) -> None:
        self.task_id = task_id or new_id()
        self.sent: list[SpawnTasks] = []
        run = _run(self.task_id)
        self.spawner = Spawner(run, self._take, CancelSignal())

    def _take(self, body: bytes, _: CancelSignal) -> None:
        self.sent.append(parse_spawn(body))


def _run(task_id: UUID) -> Run:
    values: dict[str, Any] = {
        "task_id": task_id,
        "customer_id": new_id(),
        "run_id": new_id(),
        "kind": "mail.book",
        "payload": {},
        "generation": 1,
        "dispatch": 1,
        "attempt": 1,
        "version": 1,
        "repeated": False,
    }
    return Run(**values)


def _tasks(count: int) -> list[NewTask]:
    return [NewTask(Page(number=number), TaskOptions()) for number in range(count)]


def test_every_chunk_says_what_the_batch_is() -> None:
    # Given a run / When it asks for 2,500 jobs and one that follows
    asking = Asking()
    found = asking.spawner.enqueue_batch(_tasks(2_500), NewTask(AllPages(), TaskOptions()), None)
    # Then three commands say so
    batches = [command.batch for command in asking.sent if command.batch]
    assert [(batch.total, batch.offset) for batch in batches] == [
        (2_500, 0),
        (2_500, 1_000),
        (2_500, 2_000),
    ]
    assert {batch.then.kind for batch in batches if batch.then} == {"mail.all_pages"}
    assert {batch_id(asking.task_id, batch.key) for batch in batches} == {found}


def test_another_run_asks_for_the_same_batches() -> None:
    first = Asking()
    second = Asking(first.task_id)
    for asking in (first, second):
        asking.spawner.enqueue_batch(_tasks(2), None, None)
        asking.spawner.enqueue_batch(_tasks(2), None, "named")
        asking.spawner.enqueue_batch(_tasks(2), None, None)
    keys = [[command.batch.key for command in a.sent if command.batch] for a in (first, second)]
    assert keys[0] == keys[1]
    assert len(set(keys[0])) == 3


def test_perform_bulk_with_a_callback_is_a_batch_inside_a_job() -> None:
    asking = Asking()
    with inside_job(asking.task_id, asking.spawner):
        handle = PageWorker.perform_bulk([{"number": 1}, {"number": 2}], on_complete=AllPages())
    (command,) = asking.sent
    assert command.batch is not None
    assert handle.id == batch_id(asking.task_id, command.batch.key)
    assert [child.payload for child in command.children] == [{"number": 1}, {"number": 2}]


@pytest.mark.parametrize("count", [0, 10_001])
def test_a_batch_has_one_to_ten_thousand_jobs(count: int) -> None:
    asking = Asking()
    jobs = [Page(number=number) for number in range(count)]
    with inside_job(asking.task_id, asking.spawner), pytest.raises(InvalidJob, match="1 to 10000"):
        PageWorker.perform_bulk(jobs, on_complete=AllPages())
    assert asking.sent == []


def test_only_a_job_that_can_be_told_of_members_follows() -> None:
    asking = Asking()
    wrong: Any = Page(number=1)
    with inside_job(asking.task_id, asking.spawner), pytest.raises(InvalidJob, match="BatchCallba"):
        PageWorker.perform_bulk([{"number": 1}], on_complete=wrong)
