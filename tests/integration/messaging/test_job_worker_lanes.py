"""What a job worker takes first, and how much of it, on a real broker."""

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
    message_id,
)
from warren.messaging.broker import WarrenBroker
from warren.messaging.publisher import Publisher
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq


def test_the_urgent_lane_goes_first(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given a worker whose only thread is busy, and one job after the other in every lane
    busy = threading.Event()
    declare_actor(broker, lambda payload: busy.wait(20) if payload.get("first") else None)
    publish_job(job(first=True, queue="test.low"))
    lanes = ("test.low", "test.default", "test.critical")
    worker = start_worker(*lanes, threads=1)
    eventually(lambda: len(worker.held_message_ids()) == 1)
    for lane in lanes:
        publish_job(job(queue=lane))
    eventually(lambda: len(worker.held_message_ids()) >= 3)
    # When it is free again
    busy.set()
    eventually(lambda: len(outcomes.reported) == 4)
    # Then the lanes were served in their order
    served = [proxy.delivery.queue for proxy, _, _ in outcomes.reported[1:]]
    assert served == ["test.critical", "test.default", "test.low"]


def test_urgent_jobs_overtake_a_backlog_that_goes_on_at_full_speed(
    broker: WarrenBroker,
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
) -> None:
    # Given a worker with a backlog of 400 low jobs of 20 ms
    begun: list[tuple[str, float, float]] = []

    def work(payload: dict[str, Any]) -> None:
        begun.append((payload["lane"], payload["at"], time.monotonic()))
        time.sleep(0.02)

    def submit(lane: str) -> None:
        message = job(queue=f"test.{lane}", lane=lane, at=time.monotonic())
        publisher.publish(
            message.queue, message.encode(datetime.now(UTC)), message_id=message_id(message)
        )

    declare_actor(broker, work)
    for lane in ("critical", "low"):
        publish_job(job(queue=f"test.{lane}", lane=lane, at=time.monotonic()))
    for _ in range(400):
        submit("low")
    start_worker("test.critical", "test.default", "test.low", threads=4)
    eventually(lambda: len(begun) > 20)
    # When an urgent one comes every 50 ms
    count, started = len(begun), time.monotonic()
    for _ in range(20):
        submit("critical")
        time.sleep(0.05)
    elapsed, done = time.monotonic() - started, len(begun) - count
    # Then each begins soon, and the threads (200 jobs a second at best) have hardly been idle
    eventually(lambda: sum(lane == "critical" for lane, _, _ in begun) == 21)
    waits = sorted(at - sent for lane, sent, at in begun if lane == "critical")
    assert waits[10] < 0.1
    assert waits[-2] < 1.0
    assert done / elapsed > 0.6 * 200


def test_a_worker_without_work_takes_next_to_no_processor_time(
    broker: WarrenBroker, start_worker: StartWorker, job: MakeJob, publish_job: PublishJob
) -> None:
    # Given a worker of three lanes that has come to rest
    declare_actor(broker, lambda payload: None)
    publish_job(job())
    worker = start_worker("test.critical", "test.default", "test.low", threads=4)
    eventually(lambda: worker.connected and not worker.held_message_ids())
    # When it has nothing to do for three seconds
    before = time.process_time()
    time.sleep(3)
    # Then this whole process has used less than one per cent of them
    assert time.process_time() - before < 0.01 * 3


def test_many_quick_jobs_raise_the_prefetch(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
) -> None:
    # Given two thousand jobs that take no time
    declare_actor(broker, lambda payload: None)
    publish_job(job())
    body = job().encode(datetime.now(UTC))
    for _ in range(2000):
        publisher.publish(QUEUE, body, message_id="m")
    # When a worker has run them
    worker = start_worker()
    most = 0
    while len(outcomes.reported) < 2001:
        most = max(most, len(worker.held_message_ids()))
        time.sleep(0.002)
    # Then it had more at hand than its two threads
    assert most > 20
