"""Workers for what is promised beyond a plain end: effects, cancellation, limits, poison."""

import os
import signal
import threading
import time
from typing import Any

from chaos_worker.effect_log import write_effect
from chaos_worker.jobs import (
    Alone,
    Deaf,
    Effect,
    Limited,
    Newest,
    Patient,
    Poison,
    PoisonApart,
    Urgent,
)
from chaos_worker.logged import ChaosWorker
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker

Result = dict[str, Any]
_LOOK_EVERY = 0.1


class EffectWorker(ChaosWorker[Effect], Worker[Effect, Result]):
    def act(self, job: Effect, context: JobContext) -> None:
        for step in range(job.steps):
            write_effect(context, f"step-{step}")
            context.check_cancelled()
            threading.Event().wait(job.seconds / job.steps)
        if context.attempt <= job.failures:
            raise ConnectionError(f"attempt {context.attempt} of a flaky job")


class PatientWorker(ChaosWorker[Patient], Worker[Patient, Result]):
    def act(self, job: Patient, context: JobContext) -> None:
        ends = time.monotonic() + job.seconds
        while (left := ends - time.monotonic()) > 0:
            context.check_cancelled()
            threading.Event().wait(min(_LOOK_EVERY, left))


class DeafWorker(ChaosWorker[Deaf], Worker[Deaf, Result]):
    isolation = "process"

    def act(self, job: Deaf, context: JobContext) -> None:
        threading.Event().wait(job.seconds)


class LimitedWorker(ChaosWorker[Limited], Worker[Limited, Result]):
    rate_limit = "4/s"
    burst = 3
    limit_key = "{payload.key}"

    def act(self, job: Limited, context: JobContext) -> None:
        return


class AloneWorker(ChaosWorker[Alone], Worker[Alone, Result]):
    concurrency_key = "{payload.key}"
    concurrency_limit = 1

    def act(self, job: Alone, context: JobContext) -> None:
        threading.Event().wait(job.seconds)


class PoisonWorker(ChaosWorker[Poison], Worker[Poison, Result]):
    def act(self, job: Poison, context: JobContext) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class PoisonApartWorker(ChaosWorker[PoisonApart], Worker[PoisonApart, Result]):
    isolation = "process"

    def act(self, job: PoisonApart, context: JobContext) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class NewestWorker(ChaosWorker[Newest], Worker[Newest, Result]):
    def act(self, job: Newest, context: JobContext) -> None:
        return


class UrgentWorker(ChaosWorker[Urgent], Worker[Urgent, Result]):
    lane = Lane.CRITICAL

    def act(self, job: Urgent, context: JobContext) -> None:
        return
