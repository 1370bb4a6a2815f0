"""One job where it stands: decode, perform, keep."""

import asyncio
import threading
import time
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from warren.contracts.events import Event
from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.status import Progress
from warren.errors import JobCancelled, RejectedInput
from warren.testing.worker import MemoryStore
from warren.worker import JobContext, Worker
from warren.worker.cancel_signal import CancelSignal
from warren.worker.execution import (
    MAX_RESULT_BYTES,
    EventNotSerializable,
    Execution,
    ResultNotSerializable,
)
from warren.worker.job_report import Report
from warren.worker.job_run import Run


class Copy(Job):
    kind: ClassVar[str] = "test.copy"

    text: str
    times: int = 1


class Copied(BaseModel):
    text: str
    note: str | None = None


class TextCopied(Event):
    type: ClassVar[str] = "text.copied.v1"

    length: int


class TextNoted(Event):
    type: ClassVar[str] = "text.noted.v1"

    note: dict[str, Any]


class CopyWorker(Worker[Copy, Copied]):
    performed: ClassVar[int] = 0

    def perform(self, job: Copy, context: JobContext) -> Copied:
        type(self).performed += 1
        context.progress(50, "half")
        text = job.text * job.times
        context.artifacts.save("copy.txt", text.encode(), "text/plain")
        context.emit(TextCopied(length=len(text)))
        return Copied(text=text)


class AsyncCopyWorker(Worker[Copy, Copied]):
    async def perform(self, job: Copy, context: JobContext) -> Copied:
        return Copied(text=job.text)


class HalfACharacterWorker(Worker[Copy, Copied]):
    def perform(self, job: Copy, context: JobContext) -> Copied:
        context.emit(TextNoted(note={"text": "\ud800"}))
        return Copied(text=job.text)


class WrongResultWorker(Worker[Copy, Copied]):
    def perform(self, job: Copy, context: JobContext) -> Copied:
        return object()  # type: ignore[return-value]


@pytest.fixture
def store() -> MemoryStore:
    CopyWorker.performed = 0
    return MemoryStore()


def _run(payload: Any, *, repeated: bool = False) -> Run:
    task = new_id()
    return Run(new_id(), task, 1, 1, 1, new_id(), "test.copy", 1, payload, repeated)


def _ignore(_report: Report) -> None:
    return None


def test_result_files_events_and_progress_come_out(store: MemoryStore) -> None:
    reports: list[Report] = []
    success = Execution(CopyWorker, store).execute(_run({"text": "ab", "times": 2}), reports.append)

    assert success.result == {"text": "abab", "note": None}
    assert [file.name for file in success.artifacts] == ["copy.txt"]
    assert [(event.type, event.data) for event in success.events] == [
        ("text.copied.v1", {"length": 4})
    ]
    assert [each.percent for each in reports if isinstance(each, Progress)] == [50]


def test_a_job_may_be_async(store: MemoryStore) -> None:
    success = Execution(AsyncCopyWorker, store).execute(_run({"text": "x"}), _ignore)

    assert success.result["text"] == "x"


def test_fields_that_the_worker_does_not_know_are_ignored(store: MemoryStore) -> None:
    success = Execution(CopyWorker, store).execute(_run({"text": "x", "added": 1}), _ignore)

    assert success.result["text"] == "x"


@pytest.mark.parametrize(
    ("payload", "field"), [({}, "text"), ({"text": 5}, "text"), ("nonsense", None), (None, None)]
)
def test_a_payload_that_does_not_fit_is_rejected_by_field(
    store: MemoryStore, payload: Any, field: str | None
) -> None:
    with pytest.raises(RejectedInput, match=r"does not fit test\.copy") as caught:
        Execution(CopyWorker, store).execute(_run(payload), _ignore)

    assert caught.value.field == field


def test_a_large_result_becomes_an_artifact(store: MemoryStore) -> None:
    text = "x" * MAX_RESULT_BYTES
    success = Execution(CopyWorker, store).execute(_run({"text": text}), _ignore)

    by_id = {str(file.id): file for file in success.artifacts}
    kept = by_id[success.result["artifact_id"]]
    assert kept.media_type == "application/json"
    assert text.encode() in store.read(kept.sha256)


def test_a_result_that_is_no_json_is_a_permanent_fault(store: MemoryStore) -> None:
    with pytest.raises(ResultNotSerializable, match=r"WrongResultWorker\.perform returned object"):
        Execution(WrongResultWorker, store).execute(_run({"text": "x"}), _ignore)


def test_an_event_that_is_no_json_is_a_permanent_fault(store: MemoryStore) -> None:
    with pytest.raises(EventNotSerializable, match=r"emitted text\.noted\.v1"):
        Execution(HalfACharacterWorker, store).execute(_run({"text": "x"}), _ignore)


def test_a_repeated_run_answers_with_what_an_earlier_one_has_kept(store: MemoryStore) -> None:
    execution = Execution(CopyWorker, store)
    first = _run({"text": "x"})
    kept = execution.execute(first, _ignore)

    again = Run(new_id(), first.task_id, 1, 2, 2, new_id(), "test.copy", 1, {"text": "x"}, True)

    assert execution.execute(again, _ignore) == kept
    assert CopyWorker.performed == 1


def test_a_repeated_run_whose_kept_files_were_cleaned_up_makes_them_anew(
    store: MemoryStore,
) -> None:
    # Given an outcome whose file has gone, as of a task that was cancelled and is retried later
    execution = Execution(CopyWorker, store)
    first = _run({"text": "x"})
    kept = execution.execute(first, _ignore)
    store.contents.clear()

    # When it is repeated, twice
    again = replace(first, run_id=new_id(), generation=2, repeated=True)
    successes = [execution.execute(again, _ignore) for _ in range(2)]

    # Then the file is there again, and the second one has found it
    assert successes == [kept, kept]
    assert store.contents.keys() == {kept.artifacts[0].sha256}
    assert CopyWorker.performed == 2


class CopyAndAskWorker(Worker[Copy, Copied]):
    def perform(self, job: Copy, context: JobContext) -> Copied:
        context.artifacts.save("copy.txt", job.text.encode(), "text/plain")
        context.spawn(Copy(text=job.text), key="child")
        return Copied(text=job.text)


def test_the_next_generation_asks_again_for_children_that_a_cancellation_may_have_cost(
    store: MemoryStore,
) -> None:
    # Given a run that has asked for a child and kept its outcome
    asked: list[bytes] = []
    execution = Execution(CopyAndAskWorker, store)
    first = _run({"text": "x"})
    kept = execution.execute(first, _ignore, send=lambda body, _: asked.append(body))

    # When it is repeated, in the same generation or in the next
    again = replace(first, run_id=new_id(), dispatch=2, repeated=True)
    retried = replace(again, generation=2)
    for run, times in [(again, 1), (retried, 2)]:
        success = execution.execute(run, _ignore, send=lambda body, _: asked.append(body))

        # Then only the next one has asked again, and the outcome is that which was kept
        assert len(asked) == times
        assert success == kept


def test_of_two_runs_at_once_both_answer_with_the_first_outcome(store: MemoryStore) -> None:
    run = _run({"text": "late"})
    early = {"result": {"text": "early"}, "artifacts": [], "events": []}

    store.put_manifest(run.task_id, "outcome", early)
    success = Execution(CopyWorker, store).execute(run, _ignore)

    assert success.result == {"text": "early"}


class AsyncSleepWorker(Worker[Copy, str]):
    cleaned_up: ClassVar[list[str]] = []

    async def perform(self, job: Copy, context: JobContext) -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            self.cleaned_up.append(job.text)
            raise
        return job.text


def test_an_async_job_is_cancelled_where_it_waits(store: MemoryStore) -> None:
    # Given a job that waits for a minute
    cancellation = CancelSignal()
    timer = threading.Timer(0.1, cancellation.make)
    timer.start()
    # When its task is cancelled
    began = time.monotonic()
    with pytest.raises(JobCancelled):
        Execution(AsyncSleepWorker, store).execute(_run({"text": "x"}), _ignore, cancellation)
    # Then it ends at once, and could clean up
    assert time.monotonic() - began < 5
    assert AsyncSleepWorker.cleaned_up == ["x"]
    timer.join(5)


def test_a_job_in_a_thread_is_cancelled_at_its_next_checkpoint(store: MemoryStore) -> None:
    cancellation = CancelSignal()
    cancellation.make()
    with pytest.raises(JobCancelled):
        Execution(CopyWorker, store).execute(_run({"text": "x"}), _ignore, cancellation)
