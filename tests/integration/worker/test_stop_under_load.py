"""A deploy under load: workers are told to stop while their queue is full."""

import time
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

import pika
import pytest

from warren.contracts.message import JobMessage
from warren.testing.deadline import eventually

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow]
GRACE = 3.0
#: What the last words and a loaded machine may take beyond the grace period.
SLACK = 30.0
QUEUE = "sample.default"


def _left_in_the_queue(amqp_url: str) -> list[tuple[JobMessage, int]]:
    """All messages that wait, each with how often the broker counts it as delivered; takes them."""
    left: list[tuple[JobMessage, int]] = []
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        while True:
            method, properties, body = channel.basic_get(QUEUE, auto_ack=True)
            if method is None:
                return left
            left.append(
                (JobMessage.decode(body), (properties.headers or {}).get("x-delivery-count", 0))
            )


def test_workers_that_stop_under_load_finish_or_hand_back_all_and_count_no_delivery(
    start_worker: Any, submit: Any, reports: Any, amqp_url: str,
    performed: Callable[[uuid.UUID], int],
) -> None:  # fmt: skip
    # Given two processes in the middle of many short jobs, two of which will outlast the grace
    long = [submit("sleep_once", kind="sample.alone", number=120, text="x") for _ in range(2)]
    short = [submit("sleep", number=0.05) for _ in range(300)]
    worker = start_worker(
        "--processes", "2", "--concurrency", "2", wait=False, WARREN_GRACE_SECONDS=str(GRACE)
    )
    worker.wait_for_log('"event":"ready"', count=2)
    eventually(lambda: all(performed(task) for task in long), within=60)
    eventually(lambda: sum(performed(task) for task in short) >= 20, within=60)

    # When they are told to stop
    began = time.monotonic()
    code = worker.terminate()

    # Then they end well and in time
    assert code == 0
    assert time.monotonic() - began < GRACE + SLACK
    # And each task was either answered, once, or is back in its queue
    left = _left_in_the_queue(amqp_url)
    back = [message.dispatch.task_id for message, _ in left]
    assert set(back) >= set(long)
    answered = set(long + short) - set(back)
    reports.wait_until(
        lambda: all("succeeded" in reports.types_of(task) for task in answered), "all outcomes"
    )
    ends = Counter(s.task_id for s in reports.statuses if s.type == "task.succeeded")
    assert ends == Counter(answered)
    assert Counter(back) == Counter(set(back))
    # And what is back has run only where it outlasted the grace, and counts as never delivered
    assert {performed(task) for task in set(back) - set(long)} <= {0}
    assert {(message.options.deliveries, count) for message, count in left} == {(0, 0)}


def test_a_job_that_ends_its_process_does_not_end_the_jobs_of_the_sibling(
    start_worker: Any, submit: Any, reports: Any, performed: Callable[[uuid.UUID], int]
) -> None:
    # Given two processes of one slot each, one of which is in the middle of a job
    worker = start_worker("--processes", "2", "--concurrency", "1", wait=False)
    worker.wait_for_log('"event":"ready"', count=2)
    steady = submit("sleep", number=8)
    eventually(lambda: performed(steady) == 1, within=60)

    # When a job ends the other, with the code of a worker that is configured wrongly
    deadly = submit("exit", number=2)

    # Then the sibling's job ends well in its first run, and the deadly one comes to its own end
    assert reports.outcome(steady).type == "task.succeeded"
    assert performed(steady) == 1
    assert reports.wait_for(deadly, "failed").data.source == "crashed"
    assert worker.process.poll() is None
    assert worker.terminate() == 0
