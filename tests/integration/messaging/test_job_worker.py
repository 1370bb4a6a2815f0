"""Dramatiq actors on a real broker: acked when their outcome is confirmed, and only then."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import dramatiq
import pytest
from dramatiq.middleware import Middleware

from warren.contracts.message import JobMessage
from warren.errors import ConfigurationError
from warren.messaging import job_worker as job_worker_module
from warren.messaging.broker import WarrenBroker
from warren.messaging.job_proxy import JobProxy
from warren.messaging.job_worker import JobWorker
from warren.messaging.publisher import Publisher
from warren.messaging.topology import DEAD_QUEUE
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq

QUEUE = "test.default"
MakeJob = Callable[..., JobMessage]
PublishJob = Callable[[JobMessage], None]


class Outcomes:
    """Records what is reported; `answer` is the future that the worker gets."""

    def __init__(self) -> None:
        self.reported: list[tuple[JobProxy, object, BaseException | None]] = []
        self.answer: Callable[[], Future[None]] = confirmed

    def settle(self, job: JobProxy, result: object, error: BaseException | None) -> "Future[None]":
        self.reported.append((job, result, error))
        return self.answer()


def confirmed() -> "Future[None]":
    """An outcome that was published and confirmed."""
    future: Future[None] = Future()
    future.set_result(None)
    return future


def lost() -> "Future[None]":
    """An outcome that could not be published."""
    future: Future[None] = Future()
    future.set_exception(RuntimeError("no broker"))
    return future


StartWorker = Callable[..., JobWorker]


@pytest.fixture
def outcomes() -> Outcomes:
    return Outcomes()


@pytest.fixture
def broker(outcomes: Outcomes) -> WarrenBroker:
    return WarrenBroker(outcomes.settle)


@pytest.fixture
def start_worker(
    amqp_url: str, broker: WarrenBroker, publisher: Publisher
) -> Iterator[StartWorker]:
    """Starts workers; each is stopped with the test."""
    with ExitStack() as stack:

        def start(*queues: str, threads: int = 2) -> JobWorker:
            worker = JobWorker(
                broker,
                amqp_url,
                queues or [QUEUE],
                threads=threads,
                name="test",
                republish=lambda queue, body, id_: publisher.publish(queue, body, message_id=id_),
            )
            worker.start()
            stack.callback(worker.stop, timeout=5000)
            return worker

        yield start


def _actor(broker: WarrenBroker, function: Callable[..., object], kind: str = "test.job") -> None:
    dramatiq.actor(broker=broker, actor_name=kind, queue_name=QUEUE)(function)


def _longer_than(items: list[Any], length: int) -> bool:
    return len(items) > length


def _count(channel: Any, queue: str) -> int:
    return int(channel.queue_declare(queue, passive=True).method.message_count)


def test_a_job_runs_and_its_result_is_reported(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given an actor and a job for it
    _actor(broker, lambda payload: {"doubled": payload["n"] * 2})
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

    _actor(broker, divide)
    for n in (0, 1):
        publish_job(job(n=n))
    # When both have run
    start_worker(threads=1)
    eventually(lambda: len(outcomes.reported) == 2)
    # Then one outcome is the exception, the other a result
    assert isinstance(outcomes.reported[0][2], ZeroDivisionError)
    assert outcomes.reported[1][1:] == (1.0, None)


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
    _actor(broker, lambda payload: None)
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
    eventually(lambda: _count(channel, QUEUE) == 1)


def test_a_thread_does_not_wait_for_the_confirm(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given confirms that never come
    outcomes.answer = Future
    _actor(broker, lambda payload: None)
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
    _actor(broker, lambda payload: None)
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
    eventually(lambda: _count(channel, DEAD_QUEUE) == 1)
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
    _actor(broker, lambda payload: None)
    publish_job(job(kind="other.job"))
    # When a worker meets it
    start_worker()
    # Then it is among the dead letters
    eventually(lambda: _count(channel, DEAD_QUEUE) == 1)


def test_the_urgent_lane_goes_first(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publish_job: PublishJob,
) -> None:
    # Given a worker whose only thread is busy, and one job after the other in every lane
    busy = threading.Event()
    _actor(broker, lambda payload: busy.wait(20) if payload.get("first") else None)
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
        publisher.publish(message.queue, message.encode(datetime.now(UTC)), message_id=_id(message))

    _actor(broker, work)
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
    _actor(broker, lambda payload: None)
    publish_job(job())
    worker = start_worker("test.critical", "test.default", "test.low", threads=4)
    eventually(lambda: worker.connected and not worker.held_message_ids())
    # When it has nothing to do for three seconds
    before = time.process_time()
    time.sleep(3)
    # Then this whole process has used less than one per cent of them
    assert time.process_time() - before < 0.01 * 3


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

    _actor(broker, work)
    for n in range(6):
        publish_job(job(n=n))
    worker = start_worker(threads=2)
    for _ in range(2):
        assert running.acquire(timeout=10)
    # When the worker is told to stop, and the jobs come to their end
    stopping = threading.Thread(target=worker.stop, kwargs={"timeout": 20_000})
    stopping.start()
    eventually(lambda: _count(channel, QUEUE) == 4)
    go_on.set()
    stopping.join(20)
    # Then those two are done and the others wait for another worker
    assert len(outcomes.reported) == 2
    assert _count(channel, QUEUE) == 4
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
    _actor(broker, lambda payload: time.sleep(0.001))
    publish_job(job())
    for _ in range(1000):
        message = job()
        publisher.publish(QUEUE, message.encode(datetime.now(UTC)), message_id=_id(message))
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
        left.append(_id(JobMessage.decode(body)))
        counts.append((properties.headers or {}).get("x-delivery-count", 0))
    assert set(counts) == {0}
    seen = left + [proxy.message_id for proxy, _, _ in outcomes.reported]
    assert len(left) > 100
    assert len(seen) == len(set(seen)) == 1001


def _id(message: JobMessage) -> str:
    return str(message.dispatch)


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

    _actor(broker, work)
    publish_job(job())
    worker = start_worker()
    assert started.wait(10)
    # When the worker may take half a second to stop
    begun = time.monotonic()
    worker.stop(timeout=500)
    # Then it does, and the job is back in its queue
    assert time.monotonic() - begun < 5
    eventually(lambda: _count(channel, QUEUE) == 1)
    release.set()


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
    _actor(broker, lambda payload: None)
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
    _actor(broker, lambda payload: None)
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


def test_many_quick_jobs_raise_the_prefetch(
    broker: WarrenBroker,
    outcomes: Outcomes,
    start_worker: StartWorker,
    job: MakeJob,
    publisher: Publisher,
    publish_job: PublishJob,
) -> None:
    # Given two thousand jobs that take no time
    _actor(broker, lambda payload: None)
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
