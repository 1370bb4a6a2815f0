"""A job worker that stops on a real broker: it finishes, hands back, and does not hang."""

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.messaging.job_workers import (
    QUEUE,
    MakeJob,
    Outcomes,
    PublishJob,
    StartWorker,
    declare_actor,
    message_count,
    message_id,
)
from warren.contracts.message import JobMessage
from warren.messaging.broker import WarrenBroker
from warren.messaging.publisher import Publisher
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq


def test_stopping_finishes_what_runs_and_gives_back_the_rest(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    channel: Any,
) -> None:
    # Given two threads at work and more jobs waiting
    running = threading.Semaphore(0)
    go_on = threading.Event()

    def work(payload: dict[str, Any]) -> None:
        running.release()
        go_on.wait(20)

    declare_actor(broker, work)
    for n in range(6):
        publish_job(job(n=n))
    worker = start_worker(threads=2)
    for _ in range(2):
        assert running.acquire(timeout=10)
    # When the worker is told to stop, and the jobs come to their end
    stopping = threading.Thread(target=worker.stop, kwargs={"timeout": 20_000})
    stopping.start()
    eventually(lambda: message_count(channel, QUEUE) == 4)
    go_on.set()
    stopping.join(20)
    # Then those two are done and the others wait for another worker
    assert len(outcomes.reported) == 2
    assert message_count(channel, QUEUE) == 4
    assert worker.left_behind == 0


def test_stopping_in_the_middle_of_a_flood_adds_no_delivery(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
    channel: Any,
) -> None:
    # Given a thousand jobs of a millisecond
    declare_actor(broker, lambda payload: time.sleep(0.001))
    publish_job(job())
    for _ in range(1000):
        message = job()
        publisher.publish(QUEUE, message.encode(datetime.now(UTC)), message_id=message_id(message))
    # When a worker is stopped again and again, while it has many of them at hand
    for _ in range(3):
        worker = start_worker(threads=2)
        eventually(lambda: len(worker.held_message_ids()) > 20)  # noqa: B023
        worker.stop(timeout=10_000)
        assert worker.left_behind == 0
    # Then every job has run or waits, none of them twice, and the broker has counted nothing
    left, counts = list[str](), list[int]()
    while (got := channel.basic_get(QUEUE))[0] is not None:
        _method, properties, body = got
        left.append(message_id(JobMessage.decode(body)))
        counts.append((properties.headers or {}).get("x-delivery-count", 0))
    assert set(counts) == {0}
    seen = left + [proxy.message_id for proxy, _, _ in outcomes.reported]
    assert len(left) > 100
    assert len(seen) == len(set(seen)) == 1001


def test_stopping_does_not_wait_for_ever(
    broker: WarrenBroker,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    channel: Any,
) -> None:
    # Given a job that does not end
    started, release = threading.Event(), threading.Event()

    def work(payload: dict[str, Any]) -> None:
        started.set()
        release.wait(30)

    declare_actor(broker, work)
    publish_job(job())
    worker = start_worker()
    assert started.wait(10)
    # When the worker may take half a second to stop
    begun = time.monotonic()
    worker.stop(timeout=500)
    # Then it does, and the job is back in its queue
    assert time.monotonic() - begun < 5
    eventually(lambda: message_count(channel, QUEUE) == 1)
    release.set()
