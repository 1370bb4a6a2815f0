"""The scheduler as a process among others: signs of life, numbers, and its own way to stop."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pika
import pytest

from warren.contracts.kinds import Beat, KindSchedule
from warren.messaging.topology import CONTROL_QUEUE, declare_topology
from warren.stack.ports import free_port
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


@pytest.mark.rabbitmq
def test_it_beats_as_every_process_does(
    settings: Any, running: Callable[..., Any], amqp_url: str
) -> None:
    # Given a broker
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    channel = connection.channel()
    declare_topology(channel)
    # When a scheduler runs for a while
    with running(settings.model_copy(update={"amqp_url": amqp_url})):
        eventually(lambda: channel.queue_declare(CONTROL_QUEUE, passive=True).method.message_count)
    # Then it has said that it lives, and at last that it stops
    eventually(lambda: channel.queue_declare(CONTROL_QUEUE, passive=True).method.message_count >= 2)
    beats = [Beat.model_validate_json(_take(channel)) for _ in range(2)]
    connection.close()
    assert {beat.name for beat in beats} == {"scheduler"}
    assert [beat.stopping for beat in beats] == [False, True]


def _take(channel: Any) -> bytes:
    _, _, body = channel.basic_get(CONTROL_QUEUE, auto_ack=True)
    assert isinstance(body, bytes)
    return body


def test_it_tells_how_late_it_is_and_what_it_did(
    schedules: Any, kind: Callable[..., Any], settings: Any, running: Callable[..., Any]
) -> None:
    # Given one schedule that can be fired, and one that cannot
    schedules.announce(
        kind("test.good", KindSchedule(cron="* * * * *")),
        kind("test.bad", KindSchedule(cron="* * * * *", payload={"days_old": 0})),
    )
    for name in ("test.good", "test.bad"):
        schedules.make_overdue(name, timedelta(0))
    # When a scheduler that Prometheus may ask has fired them
    port = free_port()
    with running(settings.model_copy(update={"scheduler_metrics_port": port})):
        eventually(lambda: schedules.fired("test.good"))
        eventually(lambda: schedules.ask("SELECT 1 FROM alerts"))

        def numbers() -> dict[str, float]:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
            lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
            return {name: float(value) for name, value in lines}

        # Then it counts them, and nothing is late
        eventually(lambda: numbers()["warren_scheduler_look_timestamp_seconds"] > 0)
        told = numbers()
    assert told["warren_scheduler_fired_total"] >= 1
    assert told["warren_scheduler_refused_total"] >= 1
    assert told["warren_scheduler_lag_seconds"] >= 0
