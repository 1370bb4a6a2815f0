"""Jobs that ask for steps, in a thread and in a process; a first run may hang on its way."""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, ClassVar

from warren.contracts.job import Job
from warren.worker import JobContext, Worker


class Step(Job):
    """One step."""

    kind: ClassVar[str] = "asking.step"

    number: int = 0


class Ask(Job):
    """Ask for `count` steps; the first run hangs before the step `hang_at`."""

    kind: ClassVar[str] = "asking.thread"

    count: int = 0
    hang_at: int = -1
    how: str = "spawn"


class AskInProcess(Ask):
    """The same in a process of its own."""

    kind: ClassVar[str] = "asking.process"


class StepWorker(Worker[Step, None]):
    def perform(self, job: Step, context: JobContext) -> None:
        context.log.info("stepped", number=job.number)


class AskWorker(Worker[Ask, list[str]]):
    retry_jitter = False

    def perform(self, job: Ask, context: JobContext) -> list[str]:
        ask: Any = getattr(self, f"_{job.how}")
        ids: list[str] = ask(job, context)
        return ids

    def _spawn(self, job: Ask, context: JobContext) -> list[str]:
        ids = []
        for number in range(job.count):
            self._hang_once(job, number, context)
            # Both ways count as one.
            if number % 2:
                ids.append(context.spawn(Step(number=number)).id)
            else:
                ids.append(StepWorker.perform_async(number=number).id)
            context.progress(100 * number / job.count)
        return [str(task) for task in ids]

    def _bulk(self, job: Ask, context: JobContext) -> list[str]:
        handles = StepWorker.perform_bulk({"number": n} for n in range(job.count))
        return [str(handle.id) for handle in handles]

    def _in_threads(self, job: Ask, context: JobContext) -> list[str]:
        async def ask_all() -> list[str]:
            many = [
                asyncio.to_thread(context.spawn, Step(number=n), key=f"step {n}")
                for n in range(job.count)
            ]
            return [str(handle.id) for handle in await asyncio.gather(*many)]

        return asyncio.run(ask_all())

    def _wait(self, job: Ask, context: JobContext) -> list[str]:
        StepWorker.perform_async().wait(1)
        return []

    def _wrong(self, job: Ask, context: JobContext) -> list[str]:
        StepWorker.perform_async(nummer=1)
        return []

    def _hang_once(self, job: Ask, number: int, context: JobContext) -> None:
        marker = Path(os.environ["PERFORMED"]).with_name(f"{context.task_id}.hung")
        if number == job.hang_at and not marker.exists():
            marker.touch()
            time.sleep(600)


class AskInProcessWorker(Worker[AskInProcess, list[str]]):
    isolation = "process"
    retry_jitter = False

    def perform(self, job: AskInProcess, context: JobContext) -> list[str]:
        return AskWorker().perform(job, context)
