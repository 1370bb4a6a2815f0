"""Jobs that do what their payload says; each run leaves a line in the file PERFORMED."""

import asyncio
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import httpx

from warren.contracts.events import Event
from warren.contracts.job import Job
from warren.errors import PermanentError, RejectedInput, Unavailable
from warren.providers import HttpProvider
from warren.worker import JobContext, Worker
from warren.worker.wear import resident_memory


class Act(Job):
    """Do one thing."""

    kind: ClassVar[str] = "sample.act"

    what: str = "nothing"
    number: float = 0
    text: str = ""


class ActAlone(Act):
    """Do one thing in a process of its own."""

    kind: ClassVar[str] = "sample.alone"


class Limited(Act):
    """Do one thing within a second."""

    kind: ClassVar[str] = "sample.limited"


class Hang(Job):
    """Never end."""

    kind: ClassVar[str] = "sample.hang"


class Acted(Event):
    type: ClassVar[str] = "sample.acted.v1"

    what: str


_leaked: list[bytes] = []


def note_run(context: JobContext) -> None:
    """Leave the line of a run: task, attempt, process and its memory in MiB."""
    with Path(os.environ["PERFORMED"]).open("a") as file:
        memory = resident_memory()
        file.write(f"{context.task_id} {context.attempt} {os.getpid()} {memory:.0f}\n")


def beside(name: str) -> Path:
    return Path(os.environ["PERFORMED"]).with_name(name)


def write_to_sink(key: str) -> None:
    """One line for each write that gets through, whatever its key."""
    with beside("sink").open("a") as file:
        file.write(f"{key}\n")


class ActWorker(Worker[Act, dict[str, Any]]):
    max_retries = 2
    retry_backoff_base = 2
    retry_jitter = False

    def perform(self, job: Act, context: JobContext) -> dict[str, Any]:
        note_run(context)
        action: Any = getattr(self, f"_{job.what}")
        action(job, context)
        return {"did": job.what}

    def _nothing(self, job: Act, context: JobContext) -> None:
        return None

    def _fail(self, job: Act, context: JobContext) -> None:
        raise ConnectionError("amqp://guest:s3cr3t@host is gone")

    def _fail_permanently(self, job: Act, context: JobContext) -> None:
        raise PermanentError("never")

    def _reject(self, job: Act, context: JobContext) -> None:
        raise RejectedInput("no such voice", field="text")

    def _wait(self, job: Act, context: JobContext) -> None:
        raise Unavailable("the provider is down", retry_after=17)

    def _call(self, job: Act, context: JobContext) -> None:
        provider = HttpProvider("the-provider")
        for _ in range(max(1, int(job.number))):
            context.check_cancelled()
            with provider.calling(), httpx.Client(timeout=10, trust_env=False) as client:
                client.get(job.text).raise_for_status()
            time.sleep(0.05)

    def _part(self, job: Act, context: JobContext) -> None:
        for n in range(3):
            artifact = context.artifacts.save(f"{n}.txt", f"{n}".encode(), "text/plain")
            assert context.part(artifact) == n + 1

    def _effect(self, job: Act, context: JobContext) -> None:
        """Write to a sink that recognises keys; then, in the first run only, sleep."""
        marker = beside(f"{context.task_id}.begun")
        again = marker.exists()
        marker.touch()
        context.effect("write").once(write_to_sink)
        beside(f"{context.task_id}.written").touch()
        time.sleep(0 if again else job.number)

    def _late_effect(self, job: Act, context: JobContext) -> None:
        """Be busy without a checkpoint until somebody says so; then write."""
        deadline = time.monotonic() + 120
        beside(f"{context.task_id}.begun").touch()
        while not beside(f"{context.task_id}.go").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        context.effect("write").once(write_to_sink)

    def _leak(self, job: Act, context: JobContext) -> None:
        _leaked.append(b"x" * (int(job.number) << 20))

    def _sleep(self, job: Act, context: JobContext) -> None:
        time.sleep(job.number)

    def _hold(self, job: Act, context: JobContext) -> None:
        """Work until the file `released` is there; leave a file at the end."""
        folder = Path(os.environ["PERFORMED"]).parent
        while not (folder / "released").exists():
            time.sleep(0.02)
        (folder / f"{context.task_id}.ended").touch()

    def _sleep_and_fail(self, job: Act, context: JobContext) -> None:
        time.sleep(job.number)
        raise ConnectionError("gone")

    def _step(self, job: Act, context: JobContext) -> None:
        for step in range(1200):
            context.progress(step / 12)
            time.sleep(0.05)

    def _bulk(self, job: Act, context: JobContext) -> None:
        """Work for so many seconds, with checkpoints."""
        ends_at = time.monotonic() + job.number
        while time.monotonic() < ends_at:
            context.progress(0)
            time.sleep(0.05)

    def _report(self, job: Act, context: JobContext) -> None:
        for percent in range(101):
            context.progress(percent, f"step {percent}")
            time.sleep(0.005)

    def _save(self, job: Act, context: JobContext) -> None:
        context.artifacts.save("out.txt", job.text.encode(), "text/plain")
        context.emit(Acted(what="save"))

    def _sleep_once(self, job: Act, context: JobContext) -> None:
        """Save; a run that is repeated does not sleep."""
        marker = Path(os.environ["PERFORMED"]).with_name(f"{context.task_id}.begun")
        again = marker.exists()
        marker.touch()
        self._save(job, context)
        time.sleep(0 if again else job.number)

    def _exit(self, job: Act, context: JobContext) -> None:
        os._exit(int(job.number))

    def _crash(self, job: Act, context: JobContext) -> None:
        time.sleep(job.number)
        os.kill(os.getpid(), signal.SIGKILL)

    def _crash_once(self, job: Act, context: JobContext) -> None:
        marker = Path(os.environ["PERFORMED"]).with_name(f"{context.task_id}.crashed")
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGKILL)


class ActAloneWorker(Worker[ActAlone, dict[str, Any]]):
    isolation = "process"
    retry_jitter = False

    def perform(self, job: ActAlone, context: JobContext) -> dict[str, Any]:
        return ActWorker().perform(job, context)


class HangWorker(Worker[Hang, None]):
    time_limit = 1.0
    retry_jitter = False

    def perform(self, job: Hang, context: JobContext) -> None:
        while True:
            time.sleep(0.05)


class LimitedWorker(Worker[Limited, dict[str, Any]]):
    soft_time_limit = 1.0
    retry_jitter = False

    def perform(self, job: Limited, context: JobContext) -> dict[str, Any]:
        return ActWorker().perform(job, context)


class ActInLoop(Act):
    """Do one thing beside others."""

    kind: ClassVar[str] = "sample.loop"


class LimitedInLoop(Limited):
    kind: ClassVar[str] = "sample.loop_limited"


class HangInLoop(Hang):
    kind: ClassVar[str] = "sample.loop_hang"


class ActInLoopWorker(Worker[ActInLoop, dict[str, Any]]):
    max_retries = 2
    retry_backoff_base = 2
    retry_jitter = False

    async def perform(self, job: Act, context: JobContext) -> dict[str, Any]:
        note_run(context)
        action: Any = getattr(self, f"_{job.what}", None)
        if action is None:
            # What does not wait is the same in a coroutine.
            getattr(ActWorker(), f"_{job.what}")(job, context)
        else:
            await action(job, context)
        return {"did": job.what}

    async def _sleep(self, job: Act, context: JobContext) -> None:
        await asyncio.sleep(job.number)

    async def _sleep_and_fail(self, job: Act, context: JobContext) -> None:
        # As a job in a thread, it cannot be interrupted meanwhile.
        threading.Event().wait(job.number)
        raise ConnectionError("gone")

    async def _step(self, job: Act, context: JobContext) -> None:
        for step in range(1200):
            context.progress(step / 12)
            await asyncio.sleep(0.05)

    async def _bulk(self, job: Act, context: JobContext) -> None:
        ends_at = time.monotonic() + job.number
        while time.monotonic() < ends_at:
            context.progress(0)
            await asyncio.sleep(0.05)

    async def _report(self, job: Act, context: JobContext) -> None:
        for percent in range(101):
            context.progress(percent, f"step {percent}")
            await asyncio.sleep(0.005)

    async def _sleep_once(self, job: Act, context: JobContext) -> None:
        marker = beside(f"{context.task_id}.begun")
        again = marker.exists()
        marker.touch()
        ActWorker()._save(job, context)
        await asyncio.sleep(0 if again else job.number)

    async def _effect(self, job: Act, context: JobContext) -> None:
        marker = beside(f"{context.task_id}.begun")
        again = marker.exists()
        marker.touch()

        async def write(key: str) -> None:
            write_to_sink(key)

        await context.effect("write").once_async(write)
        beside(f"{context.task_id}.written").touch()
        await asyncio.sleep(0 if again else job.number)

    async def _slow_effect(self, job: Act, context: JobContext) -> None:
        """A write that takes its time."""

        async def write(key: str) -> None:
            beside(f"{context.task_id}.begun").touch()
            await asyncio.sleep(job.number)
            write_to_sink(key)

        await context.effect("write").once_async(write)

    async def _block(self, job: Act, context: JobContext) -> None:
        """Keep the loop from all others."""
        threading.Event().wait(job.number)

    async def _leave(self, job: Act, context: JobContext) -> None:
        sys.exit(3)

    async def _wait_in_a_thread(self, job: Act, context: JobContext) -> None:
        beside(f"{context.task_id}.begun").touch()
        await asyncio.to_thread(threading.Event().wait, job.number)


class LimitedInLoopWorker(Worker[LimitedInLoop, dict[str, Any]]):
    soft_time_limit = 1.0
    retry_jitter = False

    async def perform(self, job: LimitedInLoop, context: JobContext) -> dict[str, Any]:
        return await ActInLoopWorker().perform(job, context)


class HangInLoopWorker(Worker[HangInLoop, None]):
    time_limit = 1.0
    retry_jitter = False

    async def perform(self, job: HangInLoop, context: JobContext) -> None:
        while True:
            await _never_listening()


async def _never_listening() -> None:
    try:
        await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return
