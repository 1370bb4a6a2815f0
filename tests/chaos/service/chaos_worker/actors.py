"""Workers that end in every way there is."""

import hashlib
import os
import signal
import threading
import time
from typing import Any

from chaos_worker.effect_log import PROCESS_VARIABLE
from chaos_worker.guarantees import (
    AloneWorker,
    DeafWorker,
    EffectWorker,
    LimitedWorker,
    NewestWorker,
    PatientWorker,
    PoisonApartWorker,
    PoisonWorker,
    UrgentWorker,
)
from chaos_worker.jobs import (
    Fail,
    Flaky,
    Long,
    Overrun,
    Permanent,
    Quick,
    ReadFile,
    Rejected,
    SaveFile,
    SaveFileApart,
    SaveFileBriefly,
    Sleep,
    Waiting,
)
from chaos_worker.logged import ChaosWorker
from chaos_worker.relatives import (
    BatchWorker,
    FactWorker,
    HeardWholeWorker,
    HeardWorker,
    JoinedWorker,
    ParentWorker,
    PartWorker,
)
from warren.errors import PermanentError, RejectedInput, TransientError, Unavailable
from warren.worker import JobContext, Worker

Result = dict[str, Any]
_STEP = 0.2
_OUTAGE = 0.3
__all__ = [
    "AloneWorker",
    "BatchWorker",
    "DeafWorker",
    "EffectWorker",
    "FactWorker",
    "HeardWholeWorker",
    "HeardWorker",
    "JoinedWorker",
    "LimitedWorker",
    "ParentWorker",
    "PartWorker",
    "PatientWorker",
    "PoisonApartWorker",
    "PoisonWorker",
    "UrgentWorker",
]
if os.environ.get(PROCESS_VARIABLE) != "chaos-worker":
    # As while a release is rolled out: the other workers do not know the newest kind yet.
    del NewestWorker


class QuickWorker(ChaosWorker[Quick], Worker[Quick, Result]):
    def act(self, job: Quick, context: JobContext) -> None:
        return


class SleepWorker(ChaosWorker[Sleep], Worker[Sleep, Result]):
    def act(self, job: Sleep, context: JobContext) -> None:
        threading.Event().wait(job.seconds)


class LongWorker(ChaosWorker[Long], Worker[Long, Result]):
    isolation = "process"

    def act(self, job: Long, context: JobContext) -> None:
        ends = time.monotonic() + job.seconds
        while (left := ends - time.monotonic()) > 0:
            context.progress(100 * (1 - left / job.seconds), "working")
            threading.Event().wait(min(_STEP, left))


class FlakyWorker(ChaosWorker[Flaky], Worker[Flaky, Result]):
    max_retries = 3

    def act(self, job: Flaky, context: JobContext) -> None:
        if context.attempt <= job.failures:
            raise ConnectionError(f"attempt {context.attempt} of a flaky job")


class FailWorker(ChaosWorker[Fail], Worker[Fail, Result]):
    max_retries = 2

    def act(self, job: Fail, context: JobContext) -> None:
        raise TransientError("this job always fails")


class PermanentWorker(ChaosWorker[Permanent], Worker[Permanent, Result]):
    def act(self, job: Permanent, context: JobContext) -> None:
        if not 0 < job.cured_in <= context.generation:
            raise PermanentError("this job cannot work yet")


class RejectedWorker(ChaosWorker[Rejected], Worker[Rejected, Result]):
    def act(self, job: Rejected, context: JobContext) -> None:
        raise RejectedInput("this input is of no use")


class WaitingWorker(ChaosWorker[Waiting], Worker[Waiting, Result]):
    def act(self, job: Waiting, context: JobContext) -> None:
        if context.dispatch <= job.times:
            raise Unavailable("the provider is away", retry_after=_OUTAGE)


class OverrunWorker(ChaosWorker[Overrun], Worker[Overrun, Result]):
    isolation = "process"
    max_retries = 1
    soft_time_limit = 1.0
    time_limit = 1.5

    def act(self, job: Overrun, context: JobContext) -> None:
        # As native code would: the soft limit's signal is not handled.
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
        threading.Event().wait(30)


class SaveFileWorker(ChaosWorker[SaveFile], Worker[SaveFile, Result]):
    max_retries = 5

    def act(self, job: SaveFile, context: JobContext) -> None:
        save_file(job, context)


class SaveFileApartWorker(ChaosWorker[SaveFileApart], Worker[SaveFileApart, Result]):
    max_retries = 5
    isolation = "process"

    def act(self, job: SaveFileApart, context: JobContext) -> None:
        save_file(job, context)


class SaveFileBrieflyWorker(ChaosWorker[SaveFileBriefly], Worker[SaveFileBriefly, Result]):
    max_retries = 5

    def act(self, job: SaveFileBriefly, context: JobContext) -> None:
        save_file(job, context)


class ReadFileWorker(ChaosWorker[ReadFile], Worker[ReadFile, Result]):
    def act(self, job: ReadFile, context: JobContext) -> None:
        digest = hashlib.sha256(b"".join(context.artifacts.reopen(job.sha256)))
        if digest.hexdigest() != job.sha256:
            raise PermanentError(f"{job.sha256} has another content")


def save_file(job: SaveFile, context: JobContext) -> None:
    """The only file of a task."""
    data = content_of(job.of or str(context.task_id), job.size)
    context.artifacts.save("out.bin", data, "application/octet-stream")


def content_of(name: str, size: int) -> bytes:
    """The content that a file must have: SHA-256 of the name and a counter, cut to size."""
    blocks = -(-size // 32)
    digests = (hashlib.sha256(f"{name}:{n}".encode()).digest() for n in range(blocks))
    return b"".join(digests)[:size]
