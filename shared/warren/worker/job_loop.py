"""The one event loop of a process, in a thread of its own: all its async jobs share it."""

import asyncio
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from uuid import UUID

import structlog

from warren.errors import TimeLimitExceeded
from warren.observability.redaction import redact
from warren.worker.cancel_signal import CancelSignal
from warren.worker.verdict import Success

#: Threads that write down what came of async jobs: files and manifests.
_CONCLUDERS = 4
#: Seconds that one job may keep the loop from all others before the log tells which it is.
_BLOCKED_AFTER = 1.0

#: Makes the coroutine of a run; the executor is for what would block the loop.
Begin = Callable[[Executor], Coroutine[Any, Any, Success]]


class JobLoop:
    """Runs coroutines of up to `most` jobs; `asyncio.to_thread` has as many threads for them."""

    def __init__(self, most: int) -> None:
        self._loop = asyncio.new_event_loop()
        self._blocking = ThreadPoolExecutor(most, thread_name_prefix="async-blocking")
        self._concluding = ThreadPoolExecutor(_CONCLUDERS, thread_name_prefix="async-concluding")
        self._loop.set_default_executor(self._blocking)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._asked_at: float | None = None
        self._told = False
        self._log = structlog.get_logger("warren.worker")
        self._thread = threading.Thread(target=self._run, name="job-loop", daemon=True)

    def start(self) -> None:
        """Start the thread of the loop."""
        self._thread.start()

    def run(self, begin: Begin) -> "Future[Success]":
        """Run the coroutine; any thread may call this, and gets its end as a future's."""
        end: Future[Success] = Future()
        self._loop.call_soon_threadsafe(self._begin, begin, end)
        return end

    def stack_of(self, run_id: UUID) -> str | None:
        """Where a job awaits, or computes, at this moment."""
        task = self._job(run_id)
        if task is None:
            return None
        coroutine: Any = task.get_coro()
        if coroutine.cr_running:
            return self._stack()
        frames = []
        while hasattr(coroutine, "cr_frame"):
            frames += traceback.format_stack(coroutine.cr_frame)[-1:]
            coroutine = coroutine.cr_await
        return redact("".join(frames))

    def interrupt(self, run_id: UUID) -> None:
        """Cancel a job that nobody waits for any more."""
        if (task := self._job(run_id)) is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(task.cancel)

    def look(self) -> None:
        """Say which job keeps the loop from the others; to be called now and then."""
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._answer)
        elif now - self._asked_at > _BLOCKED_AFTER and not self._told:
            self._told = True
            self._log.error(
                "an async job computes, or waits without await: all others stand still, and their "
                "cancellations too; call what blocks with asyncio.to_thread",
                seconds=round(now - self._asked_at, 1),
                stack=self._stack(),
            )

    def close(self, timeout: float) -> bool:
        """Cancel what still runs, wait for at most `timeout` seconds, and end the loop.

        False if a thread goes on that nobody can end.
        """
        deadline = time.monotonic() + timeout
        self._closing = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._cancel_all)
            self._thread.join(timeout)
        waiters = [
            threading.Thread(target=pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
            for pool in (self._blocking, self._concluding)
        ]
        for waiter in waiters:
            waiter.start()
        for waiter in waiters:
            waiter.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in (self._thread, *waiters))

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        while not self._closing or self._tasks:
            try:
                self._loop.run_forever()
            except (SystemExit, KeyboardInterrupt) as error:
                # A job that calls sys.exit() ends itself, and not its neighbours.
                self._log.warning("an async job wanted to end its process", error=repr(error))
        self._loop.close()

    def _begin(self, begin: Begin, end: "Future[Success]") -> None:
        task = self._loop.create_task(_to_its_end(begin(self._concluding), end))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if self._closing and not self._tasks:
            self._loop.stop()

    def _cancel_all(self) -> None:
        for task in self._tasks:
            task.cancel()
        if not self._tasks:
            self._loop.stop()

    def _job(self, run_id: UUID) -> "asyncio.Task[Any] | None":
        name = str(run_id)
        return next((t for t in asyncio.all_tasks(self._loop) if t.get_name() == name), None)

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._thread.ident or 0)
        return redact("".join(traceback.format_stack(frame))) if frame else ""

    def _answer(self) -> None:
        self._asked_at = None
        self._told = False


async def _to_its_end(job: Coroutine[Any, Any, Success], end: "Future[Success]") -> None:
    try:
        success = await job
    except BaseException as error:  # noqa: BLE001 - whatever ends a job is its outcome
        end.set_exception(error)
    else:
        end.set_result(success)


async def bounded(
    run_id: UUID,
    job: Coroutine[Any, Any, Any],
    cancellation: CancelSignal,
    soft_time_limit: float,
) -> Any:
    """What the job returns; it is cancelled, as asyncio cancels tasks, when its own task is or when
    the limit has passed.

    Raises JobCancelled or TimeLimitExceeded then, unless the job returns all the same.
    """
    loop = asyncio.get_running_loop()
    running = loop.create_task(job, name=str(run_id))
    late = loop.call_later(soft_time_limit, running.cancel)

    def cancel() -> None:
        # The signal may be made just after the job has ended, and its loop with it.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(running.cancel)

    cancellation.watch(cancel)
    try:
        return await running
    except asyncio.CancelledError:
        cancellation.check()
        if late.when() <= loop.time():
            raise TimeLimitExceeded(f"still running after {soft_time_limit:g} seconds") from None
        raise
    finally:
        late.cancel()
