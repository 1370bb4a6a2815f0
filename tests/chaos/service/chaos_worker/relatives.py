"""Workers of the jobs that bring others about, and of those that they bring about."""

import threading
from typing import Any

from chaos_worker.effect_log import write_effect, write_spawn
from chaos_worker.families import (
    Batch,
    Fact,
    Failures,
    Fate,
    Happened,
    Heard,
    HeardWhole,
    Joined,
    Parent,
    Part,
)
from chaos_worker.logged import ChaosWorker
from warren.errors import PermanentError, RejectedInput
from warren.worker import JobContext, Worker, on

Result = dict[str, Any]


class PartWorker(ChaosWorker[Part], Worker[Part, Result]):
    def act(self, job: Part, context: JobContext) -> None:
        write_effect(context, "part")
        threading.Event().wait(job.seconds)
        end_as_told(job.fate, context)


class ParentWorker(ChaosWorker[Parent], Worker[Parent, Result]):
    def act(self, job: Parent, context: JobContext) -> None:
        for number, fate in enumerate(job.fates):
            threading.Event().wait(job.seconds)
            key = f"child-{number}"
            with write_spawn(context, key):
                context.spawn(Part(fate=fate), key=key)
        fail_at_first(job.failures, context)


class FactWorker(ChaosWorker[Fact], Worker[Fact, Result]):
    def act(self, job: Fact, context: JobContext) -> None:
        for number in range(1, job.facts + 1):
            context.emit(Happened(origin=str(context.task_id), number=number))
        end_as_told(job.fate, context)


@on(Happened)
class HeardWorker(ChaosWorker[Heard], Worker[Heard, Result]):
    def act(self, job: Heard, context: JobContext) -> None:
        write_effect(context, "heard")


@on(Happened, envelope=True)
class HeardWholeWorker(ChaosWorker[HeardWhole], Worker[HeardWhole, Result]):
    def act(self, job: HeardWhole, context: JobContext) -> None:
        write_effect(context, "heard")


class BatchWorker(ChaosWorker[Batch], Worker[Batch, Result]):
    isolation = "process"

    def act(self, job: Batch, context: JobContext) -> None:
        threading.Event().wait(job.seconds)
        members = [Part(fate=fate) for fate in job.fates]
        with write_spawn(context, "all"):
            context.spawn(members, key="all", then=Joined(label=str(context.task_id)))
        fail_at_first(job.failures, context)


class JoinedWorker(ChaosWorker[Joined], Worker[Joined, Result]):
    def act(self, job: Joined, context: JobContext) -> None:
        if job.batch is None:
            raise PermanentError("nobody has told how the batch has ended")
        write_effect(context, "joined")


def end_as_told(fate: Fate, context: JobContext) -> None:
    """Return or raise as the fate says."""
    match fate:
        case "flaky":
            fail_at_first(1, context)
        case "reject":
            raise RejectedInput("this part is of no use")
        case "break":
            raise PermanentError("this part cannot work")


def fail_at_first(failures: Failures, context: JobContext) -> None:
    """Raise in so many attempts."""
    if context.attempt <= failures:
        raise ConnectionError(f"attempt {context.attempt} of a flaky job")
