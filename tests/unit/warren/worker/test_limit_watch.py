"""Jobs in threads that run past their limit are answered by the watch."""

import threading
import uuid
from concurrent.futures import Future
from typing import Any, ClassVar

from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.contracts.status import Status, TaskRetrying
from warren.testing.deadline import eventually
from warren.testing.worker import MemoryStore
from warren.worker import JobContext, Worker
from warren.worker.custody import HeldRun
from warren.worker.execution import Execution
from warren.worker.limit_watch import LimitWatch
from warren.worker.reporting import StatusMaker
from warren.worker.runner import JobRunner

BEGUN, MAY_END = threading.Event(), threading.Event()


class Stuck(Job):
    kind: ClassVar[str] = "test.stuck"


class StuckWorker(Worker[Stuck, None]):
    time_limit = 0.01

    def perform(self, job: Stuck, context: JobContext) -> None:
        BEGUN.set()
        MAY_END.wait(30)


class _Buffer:
    def __init__(self) -> None:
        self.statuses: list[Status] = []

    def add(self, status: Status) -> "Future[None]":
        self.statuses.append(status)
        return Future()


class _Message:
    def __init__(self) -> None:
        options = JobOptions(customer_id=uuid.uuid4())
        self.job = JobMessage(Dispatch(new_id(), 1, 1), "test.stuck", "test.low", {}, options)
        self.unanswered = 0
        self.delivery: Any = type("Delivery", (), {"redelivered": False})()


def test_a_stuck_job_is_given_up_once_with_the_place_where_it_is_stuck() -> None:
    name, buffer, given_up = ("test.stuck", 1), _Buffer(), list[HeldRun]()
    execution = Execution(StuckWorker, MemoryStore())
    runner = JobRunner({name: StuckWorker}, {name: execution}, None, buffer, StatusMaker("a"))
    watch = LimitWatch(runner, given_up.append)
    thread = threading.Thread(target=runner.perform, args=(_Message(),))
    thread.start()
    assert BEGUN.wait(10)

    def look() -> bool:
        watch.look()
        return bool(given_up)

    eventually(look)
    watch.look()

    MAY_END.set()
    thread.join(10)
    (outcome,) = [s for s in buffer.statuses if isinstance(s, TaskRetrying)]
    assert outcome.data.error.type == "TimeLimitExceeded"
    assert "MAY_END.wait" in (outcome.data.error.traceback or "")
    assert [held.run.kind for held in given_up] == ["test.stuck"]
