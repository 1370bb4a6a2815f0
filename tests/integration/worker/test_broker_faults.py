"""A worker's broker drops its connections, or dies, while jobs run."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warren.stack.rabbitmq import RabbitMQNode
from warren.testing.deadline import eventually
from warren.testing.rabbitmq import write_registers

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def amqp_url(own_amqp_url: str) -> str:
    """All of this file happens on a node of its own."""
    return own_amqp_url


def test_a_job_that_is_delivered_again_while_it_runs_runs_once(
    rabbitmq_node: RabbitMQNode,
    start_worker: Any,
    submit: Any,
    reports: Any,
    performed: Callable[[uuid.UUID], int],
) -> None:
    worker = start_worker("--concurrency", "2")
    task = submit("sleep", number=3)
    reports.wait_for(task, "processing")

    rabbitmq_node.control("close_all_connections", "maintenance")

    assert reports.outcome(task).type == "task.succeeded"
    # The next job shows that the message before it in the queue is done with.
    assert reports.outcome(submit()).type == "task.succeeded"
    assert performed(task) == 1
    assert reports.types_of(task).count("succeeded") == 1
    assert worker.terminate() == 0


def test_jobs_that_end_while_the_broker_is_away_are_reported_when_it_is_back(
    rabbitmq_node: RabbitMQNode, start_worker: Any, submit: Any, reports: Any, folder: Path
) -> None:
    worker = start_worker("--concurrency", "4")
    tasks = [submit("hold") for _ in range(4)]
    for task in tasks:
        reports.wait_for(task, "processing")
    write_registers(rabbitmq_node)

    rabbitmq_node.kill()
    (folder / "released").touch()
    eventually(lambda: len(list(folder.glob("*.ended"))) == 4)
    rabbitmq_node.start()

    assert [reports.outcome(task).type for task in tasks] == ["task.succeeded"] * 4
    assert reports.outcome(submit()).type == "task.succeeded"
    assert worker.process.poll() is None
