"""The broker dies while a task is being cancelled."""

from datetime import UTC, datetime
from typing import Any

import pytest

from warren.contracts.orders import CancelTask
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CANCELS_STREAM
from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.publishing import publish_confirmed
from warren.testing.rabbitmq import write_registers

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def amqp_url(own_amqp_url: str) -> str:
    """All of this file happens on a node of its own."""
    return own_amqp_url


def test_an_order_given_just_before_the_broker_dies_reaches_workers_old_and_new(
    rabbitmq_node: RabbitMQNode,
    own_amqp_url: str,
    start_worker: Any,
    submit: Any,
    reports: Any,
    performed: Any,
) -> None:
    # Given a worker that runs a job, with another in its queue
    start_worker("--concurrency", "1")
    running, waiting = submit("sleep", number=6), submit()
    reports.wait_for(running, "processing")
    write_registers(rabbitmq_node)
    # When both are cancelled, and the broker dies once it has confirmed that
    publisher = Publisher(own_amqp_url, name="test-cancels", timeout=20)
    publisher.start()
    for task in (running, waiting):
        order = CancelTask(task_id=task, generation=1, at=datetime.now(UTC), by="key:test")
        publish_confirmed(publisher, CANCELS_STREAM, order.encode())
    publisher.close(5)
    rabbitmq_node.kill()
    rabbitmq_node.start()
    # Then neither succeeds, and the one that waited never ran
    reports.wait_for(running, "cancelled")
    reports.wait_for(waiting, "cancelled")
    assert performed(waiting) == 0
    assert reports.types_of(running) == ["processing", "cancelled"]
    # And the worker goes on
    reports.wait_for(submit(), "succeeded")
