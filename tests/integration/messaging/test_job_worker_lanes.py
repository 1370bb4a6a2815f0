"""What a job worker takes first, and how much of it, on a real broker."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
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
from warren.messaging.broker import WarrenBroker
from warren.messaging.publisher import Publisher
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq

LANES = ("test.critical", "test.default", "test.low")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What jobs with `wait` wait for."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def begun(broker: WarrenBroker, gate: threading.Event) -> list[dict[str, Any]]:
    """Payloads in the order in which their jobs began; each takes `seconds`."""
    payloads: list[dict[str, Any]] = []

    def work(payload: dict[str, Any]) -> None:
        payloads.append({**payload, "begun": time.monotonic()})
        if payload.get("wait"):
            gate.wait(60)
        time.sleep(payload.get("seconds", 0))

    declare_actor(broker, work)
    return payloads


def _is_settled(channel: Any, looks: list[bool]) -> bool:
    """Whether some looks in a row have found a job in each lane."""
    looks.append(all(message_count(channel, queue) == 1 for queue in LANES))
    return len(looks) > 20 and all(looks[-20:])


def _lanes(begun: list[dict[str, Any]]) -> list[str]:
    return [payload["lane"] for payload in begun if "lane" in payload]


def test_the_urgent_lane_goes_first(
    begun: list[dict[str, Any]],
    gate: threading.Event,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    channel: Any,
) -> None:
    # Given a worker whose only thread is busy, and one job after the other in every lane
    publish_job(job(wait=True, queue="test.low"))
    start_worker(*LANES, threads=1)
    eventually(lambda: begun)
    for lane in ("low", "default", "critical"):
        publish_job(job(queue=f"test.{lane}", lane=lane))
    # (on its way back from a worker that was listening, a job is in no queue for a moment)
    looks: list[bool] = []
    eventually(lambda: _is_settled(channel, looks))
    # When it is free again
    gate.set()
    # Then the lanes are served in their order
    eventually(lambda: len(begun) == 4)
    assert _lanes(begun) == ["critical", "default", "low"]


@pytest.mark.parametrize("seconds", [0.0, 0.06], ids=["short jobs", "long jobs"])
def test_a_low_job_is_served_in_a_steady_stream_of_critical_ones(
    begun: list[dict[str, Any]],
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
    seconds: float,
) -> None:
    # Given so many critical jobs that they keep the only thread busy, and then a low one
    for _ in range(45):
        publish_job(job(queue="test.critical", lane="critical", seconds=seconds))
    publish_job(job(queue="test.low", lane="low"))
    # When a worker runs them
    start_worker(*LANES, threads=1)
    eventually(lambda: len(begun) == 46)
    # Then the low one has had one of the first turns of its lane, which are one in twenty
    assert "low" in _lanes(begun)[:45]


def test_what_has_waited_long_in_the_low_lane_counts_as_default(
    begun: list[dict[str, Any]],
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
) -> None:
    # Given many default jobs, and low ones that have waited for a minute
    since = datetime.now(UTC) - timedelta(minutes=1)
    for _ in range(40):
        publish_job(job(queue="test.default", lane="default", seconds=0.06))
    for _ in range(8):
        publish_job(job(queue="test.low", lane="low", seconds=0.06, waiting_since=since))
    # When a worker runs them for which half a minute is long
    start_worker(*LANES, threads=1, low_ages_after=30)
    eventually(lambda: len(begun) == 48, within=60)
    # Then all low ones were served between the default ones, and not behind them
    lanes = _lanes(begun)
    assert "low" not in lanes[lanes.index("low") :][-5:]


@pytest.mark.parametrize(
    "rehearsal", [0, 600], ids=["from the start", "after a flood of short jobs"]
)
def test_a_critical_job_begins_where_a_slot_is_free(
    begun: list[dict[str, Any]],
    gate: threading.Event,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
    rehearsal: int,
) -> None:
    # Given two workers of two slots that have fetched from every lane, and three slots that are
    # busy for as long as anybody looks
    for lane in LANES:
        publish_job(job(queue=lane))
    workers = [start_worker(*LANES, threads=2) for _ in range(2)]
    for number in range(rehearsal):
        message = job(queue=LANES[number % 3])
        body = message.encode(datetime.now(UTC))
        publisher.publish(message.queue, body, message_id=message_id(message))
    eventually(lambda: all(worker.connected for worker in workers))
    eventually(lambda: len(outcomes.reported) == rehearsal + 3)
    for _ in range(3):
        publish_job(job(queue="test.low", wait=True, blocking=True))
    eventually(lambda: sum("blocking" in payload for payload in begun) == 3)
    # When critical jobs come, one by one
    for number in range(20):
        publish_job(job(queue="test.critical", lane="critical", number=number))
        # Then each begins although three slots of four are busy
        eventually(lambda: len(_lanes(begun)) == number + 1)  # noqa: B023
    # And no delivery of any job was counted against it
    gate.set()
    eventually(lambda: len(outcomes.reported) == rehearsal + 26)
    assert {proxy.unanswered for proxy, _, _ in outcomes.reported} == {0}


def test_a_busy_worker_fetches_no_long_job_ahead(
    begun: list[dict[str, Any]],
    gate: threading.Event,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given more jobs in each lane than a worker has threads, none of which comes to its end
    for _ in range(4):
        for lane in LANES:
            publish_job(job(queue=lane, wait=True, lane=lane))
    # When one worker after the other takes what it can
    workers = [start_worker(*LANES, threads=2) for _ in range(3)]
    eventually(lambda: len(begun) == 6)
    # Then none holds more than it runs, and the urgent lane went first
    eventually(lambda: [len(worker.held_message_ids()) for worker in workers] == [2, 2, 2])
    assert _lanes(begun).count("test.critical") == 4
    gate.set()
    eventually(lambda: len(begun) == 12)


def test_urgent_jobs_overtake_a_backlog_that_goes_on_at_full_speed(
    begun: list[dict[str, Any]],
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
) -> None:
    # Given a worker with a backlog of 400 low jobs of 40 ms
    def submit(lane: str) -> None:
        message = job(queue=f"test.{lane}", lane=lane, at=time.monotonic(), seconds=0.04)
        publisher.publish(
            message.queue, message.encode(datetime.now(UTC)), message_id=message_id(message)
        )

    for lane in ("critical", "low"):
        publish_job(job(queue=f"test.{lane}", lane=lane, at=time.monotonic()))
    for _ in range(400):
        submit("low")
    start_worker(*LANES, threads=4)
    eventually(lambda: len(begun) > 20)
    # When an urgent one comes every 50 ms
    count, started = len(begun), time.monotonic()
    for _ in range(20):
        submit("critical")
        time.sleep(0.05)
    elapsed, done = time.monotonic() - started, len(begun) - count
    # Then each overtakes the backlog of four seconds, and the threads (100 jobs a second at best)
    # have hardly been idle
    eventually(lambda: _lanes(begun).count("critical") == 21)
    waits = sorted(p["begun"] - p["at"] for p in begun if p.get("lane") == "critical")
    assert waits[10] < 0.5
    assert waits[-2] < 2.0
    assert done / elapsed > 0.4 * 100


def test_many_quick_jobs_raise_the_prefetch(
    begun: list[dict[str, Any]],
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
) -> None:
    # Given many jobs of a millisecond
    publish_job(job())
    body = job(seconds=0.001).encode(datetime.now(UTC))
    for _ in range(3000):
        publisher.publish(QUEUE, body, message_id="m")
    # When a worker runs them
    worker = start_worker()
    # Then it has more at hand than its two threads
    most = 0
    deadline = time.monotonic() + 60
    while most <= 20 and len(begun) < 3001 and time.monotonic() < deadline:
        most = max(most, len(worker.held_message_ids()))
        time.sleep(0.002)
    assert most > 20


def test_low_jobs_that_were_held_back_for_a_longer_one_go_on_after_it(
    begun: list[dict[str, Any]], start_worker: StartWorker, job: MakeJob, publish_job: PublishJob
) -> None:
    # Given a worker that keeps a slot from the low lane, and fetches ahead
    start_worker(*LANES, threads=2, reserved=1)
    for _ in range(100):
        publish_job(job(queue="test.low"))
    eventually(lambda: len(begun) == 100, within=30)

    # When, among others, some of its jobs take just so long that what is behind them goes back
    for number in range(60):
        seconds = 0.4 if number % 20 == 5 else 0
        publish_job(job(queue="test.low", lane="low", seconds=seconds))
        publish_job(job(queue="test.default", lane="default"))

    # Then all of both lanes are done
    eventually(lambda: len(_lanes(begun)) == 120, within=30)
    assert _lanes(begun).count("default") == 60


def test_a_job_that_leaves_its_thread_frees_it_and_is_acked_at_its_end(
    broker: WarrenBroker, start_worker: StartWorker, job: MakeJob, publish_job: PublishJob,
    outcomes: Outcomes, channel: Any,
) -> None:  # fmt: skip
    # Given an actor whose jobs go on elsewhere, and a worker of one thread and three jobs
    ends: list[Future[object]] = []
    at_once: list[int] = []

    def leave(_payload: dict[str, Any]) -> "Future[object]":
        ends.append(Future())
        at_once.append(sum(not end.done() for end in ends))
        return ends[-1]

    declare_actor(broker, leave)
    for _ in range(5):
        publish_job(job())
    worker = start_worker(QUEUE, threads=1, most=3)

    # Then three begin
    eventually(lambda: len(ends) == 3)
    assert len(worker.held_message_ids()) >= 3
    # And when two end, their outcomes are reported, and the next ones begin
    ends[0].set_result("done")
    ends[1].set_exception(ConnectionError("gone"))
    eventually(lambda: len(ends) == 5)
    reported = {(result, type(error)) for _, result, error in outcomes.reported}
    assert reported == {("done", type(None)), (None, ConnectionError)}
    for end in ends[2:]:
        end.set_result(None)
    eventually(lambda: len(outcomes.reported) == 5)
    # And never were there more than three at once
    assert max(at_once) == 3
    worker.stop(5000)
    assert message_count(channel, QUEUE) == 0
