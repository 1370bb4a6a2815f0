"""What a job sees, through the context that tests of services use."""

from pathlib import Path
from typing import ClassVar

import pytest

from warren.artifacts import ArtifactMissing
from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import Event
from warren.contracts.ids import derived_id, new_id
from warren.errors import TimeLimitExceeded
from warren.testing.worker import FakeContext
from warren.worker.context import JobContext
from warren.worker.job_artifacts import JobArtifacts
from warren.worker.progress import ProgressReporter


class Done(Event):
    type: ClassVar[str] = "test.done.v1"

    number: int


def test_progress_and_events_are_recorded() -> None:
    context = FakeContext()

    context.progress(10)
    context.progress(99.9, "nearly")
    context.emit(Done(number=1))

    assert context.percents == [10, 99]
    assert context.reports[-1].message == "nearly"
    assert [event.data for event in context.events] == [{"number": 1}]


def test_ids_are_those_of_the_task() -> None:
    task = new_id()
    context = FakeContext(task_id=task, attempt=3)

    assert context.idempotency_key == str(task)
    assert (context.attempt, context.generation, context.dispatch) == (3, 1, 3)
    assert context.run_id != task


def test_files_are_saved_from_bytes_chunks_and_paths(tmp_path: Path) -> None:
    context = FakeContext()
    path = tmp_path / "file"
    path.write_bytes(b"from a path")

    context.artifacts.save("bytes", b"bytes", "text/plain")
    context.artifacts.save("chunks", iter([b"in ", b"chunks"]), "text/plain")
    context.artifacts.save("path", path, "text/plain")

    assert [context.saved(name) for name in ("bytes", "chunks", "path")] == [
        b"bytes",
        b"in chunks",
        b"from a path",
    ]


def test_an_artifacts_id_depends_on_task_and_name_only() -> None:
    context = FakeContext()
    first = context.artifacts.save("a.txt", b"one", "text/plain")
    second = context.artifacts.save("a.txt", b"two", "text/plain")

    assert first.id == second.id == derived_id(context.task_id, "artifact:a.txt")
    assert context.artifacts.saved == (second,)


def test_given_files_are_read_in_each_way_and_copies_go_with_the_run() -> None:
    context = FakeContext()
    reference = context.given("book.txt", b"once upon")

    copy = context.artifacts.fetch(reference)
    assert copy.read_bytes() == b"once upon"
    assert context.artifacts.read(reference) == b"once upon"
    assert b"".join(context.artifacts.open(reference)) == b"once upon"

    context.artifacts.close()
    assert not copy.exists()


def test_a_file_that_is_not_there_is_missing() -> None:
    reference = ArtifactRef(
        id=new_id(), sha256="0" * 64, size=1, media_type="text/plain", name="gone"
    )

    with pytest.raises(ArtifactMissing):
        FakeContext().artifacts.read(reference)


def test_after_the_soft_limit_the_next_call_of_the_context_ends_the_job() -> None:
    fake, now = FakeContext(), [0.0]
    context = JobContext(
        fake._run,
        JobArtifacts(fake.store, fake.task_id),
        ProgressReporter(lambda _progress: None),
        parts=fake._parts,
        make_effect=fake.effect,
        soft_time_limit=10,
        clock=lambda: now[0],
    )

    now[0] = 9.9
    context.check_cancelled()
    now[0] = 10
    with pytest.raises(TimeLimitExceeded, match="still running after 10 seconds"):
        context.progress(50)
