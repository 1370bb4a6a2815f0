"""Publishers, consumers and job workers on the test's virtual host, closed with the test."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pika
import pytest

from tests.integration.messaging.job_workers import QUEUE, Outcomes, StartWorker
from warren.contracts.message import Dispatch, JobMessage, JobOptions
from warren.messaging.broker import WarrenBroker
from warren.messaging.consumer import QueueConsumer
from warren.messaging.job_worker import JobWorker
from warren.messaging.occupancy import Capacity
from warren.messaging.publisher import Publisher
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.publishing import publish_confirmed

PublisherFactory = Callable[..., Publisher]
ConsumerFactory = Callable[..., QueueConsumer]


@pytest.fixture
def start_publisher(amqp_url: str) -> Iterator[PublisherFactory]:
    """Starts publishers (`url=`, `timeout=`)."""
    with ExitStack() as stack:

        def start(url: str = amqp_url, timeout: float = 20.0) -> Publisher:
            publisher = Publisher(url, name="test-publisher", timeout=timeout)
            publisher.start()
            stack.callback(publisher.close, timeout=5)
            return publisher

        yield start


@pytest.fixture
def publisher(start_publisher: PublisherFactory) -> Publisher:
    """A publisher on the test's virtual host."""
    return start_publisher()


@pytest.fixture
def start_consumer(amqp_url: str) -> Iterator[ConsumerFactory]:
    """Starts consumers of queues (name=prefetch) on the test's virtual host, or on `url`."""
    with ExitStack() as stack:

        def start(queues: dict[str, int], url: str = amqp_url) -> QueueConsumer:
            consumer = QueueConsumer(url, queues, name="test-consumer")
            consumer.start()
            stack.callback(consumer.close, timeout=5)
            return consumer

        yield start


@pytest.fixture
def channel(amqp_url: str) -> Iterator[Any]:
    """A plain blocking pika channel on the test's virtual host."""
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    yield connection.channel()
    connection.close()


@pytest.fixture
def job() -> Callable[..., JobMessage]:
    """Makes job messages."""

    def make(
        kind: str = "test.job",
        queue: str = "test.default",
        waiting_since: datetime | None = None,
        **payload: Any,
    ) -> JobMessage:
        options = JobOptions(customer_id=uuid.uuid4(), waiting_since=waiting_since)
        return JobMessage(Dispatch(uuid.uuid4(), 1, 1), kind, queue, payload, options)

    return make


@pytest.fixture
def publish_job(publisher: Publisher) -> Callable[[JobMessage], None]:
    """Publishes a job to its queue, as a relay does, and waits for the confirm."""

    def publish(message: JobMessage) -> None:
        publisher.ensure_queue(message.queue)
        body = message.encode(datetime.now(UTC))
        publish_confirmed(publisher, message.queue, body, message_id=str(message.dispatch))

    return publish


@pytest.fixture
def outcomes() -> Outcomes:
    """Takes what job workers report."""
    return Outcomes()


@pytest.fixture
def broker(outcomes: Outcomes) -> WarrenBroker:
    """Where a test declares the actors of its job workers."""
    return WarrenBroker(outcomes.settle)


@pytest.fixture
def start_worker(
    amqp_url: str, broker: WarrenBroker, publisher: Publisher
) -> Iterator[StartWorker]:
    """Starts workers; each is stopped with the test."""
    with ExitStack() as stack:

        def start(
            *queues: str,
            threads: int = 2,
            most: int | None = None,
            reserved: int = 0,
            **options: Any,
        ) -> JobWorker:
            worker = JobWorker(
                broker,
                amqp_url,
                queues or [QUEUE],
                capacity=Capacity(threads, most or threads, reserved),
                name="test",
                republish=lambda queue, body, id_: publisher.publish(queue, body, message_id=id_),
                announce=lambda jobs: publisher.publish(STATUS_QUEUE, b"{}"),
                **options,
            )
            worker.start()
            stack.callback(worker.stop, timeout=5000)
            return worker

        yield start
