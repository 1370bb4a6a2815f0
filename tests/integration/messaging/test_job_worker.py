"""Dramatiq actors on a real broker: acked when their outcome is confirmed, and only then."""

from concurrent.futures import Future
from functools import partial
from typing import Any

import dramatiq
import pytest
from dramatiq.middleware import Middleware

from tests.integration.messaging.job_workers import (
    QUEUE,
    MakeJob,
    Outcomes,
    PublishJob,
    StartWorker,
    confirmed,
    declare_actor,
    lost,
    message_count,
)
from warren.errors import ConfigurationError
from warren.messaging import job_worker as job_worker_module
from warren.messaging.broker import WarrenBroker
from warren.messaging.publisher import Publisher
from warren.messaging.topology import DEAD_QUEUE
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq


def test_a_job_runs_and_its_result_is_reported(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given an actor and a job for it
    declare_actor(broker, lambda payload: {"doubled": payload["n"] * 2})
    message = job(n=21)
    publish_job(message)
    # When a worker runs
    start_worker()
    # Then the outcome has the job, its delivery and the result
    eventually(lambda: outcomes.reported)
    proxy, result, error = outcomes.reported[0]
    assert (proxy.job, result, error) == (message, {"doubled": 42}, None)
    assert proxy.delivery.queue == QUEUE


def test_an_error_is_reported_and_the_worker_goes_on(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given a job that raises, in a worker with one thread
    def divide(payload: dict[str, int]) -> float:
        return 1 / payload["n"]

    declare_actor(broker, divide)
    for n in (0, 1):
        publish_job(job(n=n))
    # When both have run
    start_worker(threads=1)
    eventually(lambda: len(outcomes.reported) == 2)
    # Then one outcome is the exception, the other a result
    assert isinstance(outcomes.reported[0][2], ZeroDivisionError)
    assert outcomes.reported[1][1:] == (1.0, None)


def _longer_than(items: list[Any], length: int) -> bool:
    return len(items) > length


def test_a_job_is_acked_only_when_its_outcome_is_confirmed(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    channel: Any,
) -> None:
    # Given outcomes whose confirm has not come yet
    pending: list[Future[None]] = []

    def later() -> "Future[None]":
        pending.append(Future())
        return pending[-1]

    outcomes.answer = later
    declare_actor(broker, lambda payload: None)
    for n in range(3):
        publish_job(job(n=n))
    worker = start_worker(threads=1)
    # When all jobs have run, and two of the confirms have come
    for number in range(2):
        eventually(partial(_longer_than, pending, number))
        pending[number].set_result(None)
    eventually(lambda: len(pending) == 3)
    worker.stop(timeout=500)
    # Then those two jobs are gone, and the third is back in its queue
    eventually(lambda: message_count(channel, QUEUE) == 1)


def test_a_thread_does_not_wait_for_the_confirm(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given confirms that never come
    outcomes.answer = Future
    declare_actor(broker, lambda payload: None)
    for n in range(4):
        publish_job(job(n=n))
    # When a worker with four jobs at hand runs
    worker = start_worker(threads=4)
    # Then all are run, and held until then
    eventually(lambda: len(outcomes.reported) == 4)
    assert len(worker.held_message_ids()) == 4
    worker.stop(timeout=100)


def test_a_job_comes_again_when_its_outcome_could_not_be_reported(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given outcomes that get lost
    monkeypatch.setattr(job_worker_module, "RETURN_DELAY", 0.2)
    outcomes.answer = lost
    declare_actor(broker, lambda payload: None)
    publish_job(job())
    start_worker()
    eventually(lambda: len(outcomes.reported) >= 2)
    # When they get through again
    outcomes.answer = confirmed
    eventually(lambda: outcomes.reported[-1][0].delivery.delivery_count >= 2)
    # Then the job was delivered again each time
    counts = [proxy.delivery.delivery_count for proxy, _, _ in outcomes.reported]
    assert counts == list(range(len(counts)))


@pytest.mark.parametrize("body", [b"\xff\x00", b"{}", b"[1, 2]"])
def test_what_cannot_be_decoded_is_a_dead_letter(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    publisher: Publisher,
    channel: Any,
    body: bytes,
) -> None:
    # Given garbage in a job queue
    publisher.ensure_queue(QUEUE)
    publisher.publish(QUEUE, body).result(20)
    # When a worker meets it
    start_worker()
    # Then it is among the dead letters, and no outcome was made up
    eventually(lambda: message_count(channel, DEAD_QUEUE) == 1)
    assert channel.basic_get(DEAD_QUEUE, auto_ack=True)[2] == body
    assert not outcomes.reported


def test_a_kind_that_nobody_handles_is_a_dead_letter(
    broker: WarrenBroker,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    channel: Any,
) -> None:
    # Given a job of another service in our queue
    declare_actor(broker, lambda payload: None)
    publish_job(job(kind="other.job"))
    # When a worker meets it
    start_worker()
    # Then it is among the dead letters
    eventually(lambda: message_count(channel, DEAD_QUEUE) == 1)


def test_a_dead_thread_is_replaced_and_its_job_comes_again(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a worker whose only thread is struck after the job's own code, twice
    monkeypatch.setattr(job_worker_module, "RETURN_DELAY", 0.1)
    declare_actor(broker, lambda payload: None)
    worker = start_worker(threads=1)
    job_done, deaths = worker.job_done, list[int]()

    def struck(*arguments: Any) -> None:
        if len(deaths) < 2:
            deaths.append(1)
            raise SystemExit
        job_done(*arguments)

    monkeypatch.setattr(worker, "job_done", struck)
    # When a job comes
    publish_job(job())
    # Then it is given back each time, and a new thread ends it
    eventually(lambda: outcomes.reported)
    assert outcomes.reported[0][0].delivery.delivery_count == 2
    assert len(worker.workers) == 1
    assert worker.workers[0].is_alive()


class Recording(Middleware):
    """Notes the hooks that Dramatiq's middleware is called by."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        self.calls.append("before_worker_boot")

    def before_process_message(self, broker: Any, message: Any) -> None:
        self.calls.append("before_process_message")

    def after_process_message(
        self, broker: Any, message: Any, *, result: Any = None, exception: Any = None
    ) -> None:
        self.calls.append(f"after_process_message {message.delivery.delivery_count}")

    def before_ack(self, broker: Any, message: Any) -> None:
        self.calls.append("before_ack")

    def after_ack(self, broker: Any, message: Any) -> None:
        self.calls.append("after_ack")

    def after_worker_shutdown(self, broker: Any, worker: Any) -> None:
        self.calls.append("after_worker_shutdown")


def test_third_party_middleware_is_called_and_sees_the_delivery(
    broker: WarrenBroker, start_worker: StartWorker, job: MakeJob, publish_job: PublishJob
) -> None:
    # Given a middleware
    recording = Recording()
    broker.add_middleware(recording)
    declare_actor(broker, lambda payload: None)
    publish_job(job())
    # When a job has run and the worker has stopped
    worker = start_worker()
    eventually(lambda: "after_ack" in recording.calls)
    worker.stop(timeout=5000)
    # Then its hooks were called in their order
    assert recording.calls == [
        "before_worker_boot",
        "before_process_message",
        "after_process_message 0",
        "before_ack",
        "after_ack",
        "after_worker_shutdown",
    ]


def test_dramatiqs_own_way_in_is_closed(broker: WarrenBroker) -> None:
    # Given an actor
    actor = dramatiq.actor(broker=broker, actor_name="test.job")(lambda payload: None)
    # When somebody sends to it directly
    with pytest.raises(ConfigurationError, match="gateway"):
        actor.send({})
