"""The loop that all async jobs of a process share."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from uuid import UUID

import pytest
import structlog

from warren.contracts.ids import new_id
from warren.errors import JobCancelled, TimeLimitExceeded
from warren.testing.deadline import eventually
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_loop import JobLoop, bounded
from warren.worker.verdict import Success

NO_LIMIT = 600.0


@pytest.fixture
def loop() -> Iterator[JobLoop]:
    loop = JobLoop(4)
    loop.start()
    yield loop
    loop.close(5)


async def _sleep(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "slept"


def test_a_job_s_end_is_the_future_s(loop: JobLoop) -> None:
    async def succeed(_concluding: Executor) -> Success:
        return Success("done")

    async def fail(_concluding: Executor) -> Success:
        raise ConnectionError("gone")

    assert loop.run(succeed).result(5) == Success("done")
    with pytest.raises(ConnectionError, match="gone"):
        loop.run(fail).result(5)


def test_what_a_job_cancels_itself_is_an_error_and_not_a_cancelled_future(loop: JobLoop) -> None:
    async def stop_itself(_concluding: Executor) -> Success:
        raise asyncio.CancelledError

    end = loop.run(stop_itself)

    assert isinstance(end.exception(5), asyncio.CancelledError)
    assert not end.cancelled()


def test_a_cancellation_made_by_another_thread_reaches_an_await() -> None:
    cancellation = CancelSignal()
    threading.Timer(0.1, cancellation.make).start()

    with pytest.raises(JobCancelled):
        asyncio.run(bounded(new_id(), _sleep(60), cancellation, NO_LIMIT))


def test_the_soft_limit_reaches_an_await() -> None:
    with pytest.raises(TimeLimitExceeded, match=r"after 0\.1 seconds"):
        asyncio.run(bounded(new_id(), _sleep(60), CancelSignal(), 0.1))


def test_a_job_that_is_done_in_time_is_let_be() -> None:
    assert asyncio.run(bounded(new_id(), _sleep(0), CancelSignal(), NO_LIMIT)) == "slept"


def _start(loop: JobLoop, run_id: UUID) -> None:
    async def job(_concluding: Executor) -> Success:
        return Success(await bounded(run_id, _sleep(60), CancelSignal(), NO_LIMIT))

    loop.run(job)
    eventually(lambda: loop.stack_of(run_id) is not None, within=5)


def test_it_tells_where_a_job_awaits(loop: JobLoop) -> None:
    run_id = new_id()
    _start(loop, run_id)

    eventually(lambda: "await asyncio.sleep(seconds)" in (loop.stack_of(run_id) or ""), within=5)
    assert loop.stack_of(new_id()) is None


def test_a_job_that_nobody_waits_for_can_be_interrupted(loop: JobLoop) -> None:
    run_id = new_id()
    _start(loop, run_id)

    loop.interrupt(run_id)

    eventually(lambda: loop.stack_of(run_id) is None, within=5)


def _look_until(loop: JobLoop, logs: Sequence[object]) -> bool:
    loop.look()
    return len(logs) > 0


def test_who_blocks_the_loop_is_told_once(loop: JobLoop) -> None:
    go_on = threading.Event()

    async def block(_concluding: Executor) -> Success:
        go_on.wait(30)
        return Success(None)

    with structlog.testing.capture_logs() as logs:
        end = loop.run(block)
        eventually(lambda: _look_until(loop, logs), within=10)
        for _ in range(3):
            loop.look()
        go_on.set()
        end.result(5)

    (line,) = logs
    assert "go_on.wait(30)" in line["stack"]


def test_closing_cancels_what_runs() -> None:
    loop, begun = JobLoop(4), threading.Event()
    loop.start()

    async def job(_concluding: Executor) -> Success:
        begun.set()
        return Success(await _sleep(60))

    end = loop.run(job)
    assert begun.wait(5)

    assert loop.close(5)
    assert isinstance(end.exception(5), asyncio.CancelledError)


def test_closing_tells_when_a_thread_goes_on() -> None:
    loop, let_go = JobLoop(4), threading.Event()
    loop.start()
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        let_go.wait(30)

    async def job(_concluding: Executor) -> Success:
        await asyncio.to_thread(wait)
        return Success(None)

    loop.run(job)
    assert begun.wait(5)

    assert not loop.close(0.3)
    let_go.set()
