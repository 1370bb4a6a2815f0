"""Messages that come twice: jobs published again, and statuses said again."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from random import Random
from typing import Any

import pika
import pika.exceptions
import psycopg
from psycopg.rows import dict_row

from tests.chaos.faults.system import Order, System
from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch, JobMessage, JobOptions

_STATUS_QUEUE = "warren.status"
#: Published and perhaps running; of a task that retries, the row does not know the attempt yet.
_LIVE_JOBS = """
SELECT t.*, f.dispatch AS message_dispatch,
    CASE WHEN t.state = 'retrying' THEN t.attempt + 1 ELSE t.attempt END AS message_attempt
FROM in_flight f JOIN tasks t ON t.id = f.task_id LIMIT 200
"""
#: What never ran was perhaps never published, as no batch is: there is nothing to come twice.
_ENDED_JOBS = """
SELECT t.*, t.dispatch AS message_dispatch, t.attempt AS message_attempt
FROM tasks t
WHERE t.finished_at IS NOT NULL AND t.started_at IS NOT NULL AND t.kind <> 'api.batch'
ORDER BY t.id DESC LIMIT 200
"""
#: Without those that no run reported.
_STATUSES = """
SELECT * FROM task_history WHERE run_id IS NOT NULL ORDER BY task_id DESC LIMIT 400
"""
_SERVER_AWAY = (psycopg.Error, pika.exceptions.AMQPError, OSError)


def duplicate_jobs(system: System, order: Order) -> None:
    """Publish some job messages again: of tasks on their way, and of tasks that have ended."""
    random = Random(f"{system.plan.seed} jobs {order.number}")
    _inject(system, order, lambda url: _some_jobs(url, random))


def duplicate_statuses(system: System, order: Order) -> None:
    """Say statuses of the history again, in any order."""
    random = Random(f"{system.plan.seed} statuses {order.number}")
    _inject(system, order, lambda url: _some_statuses(url, random))


def _inject(system: System, order: Order, choose: Any) -> None:
    descriptor = system.stack.descriptor
    try:
        messages = list(choose(descriptor.database_url))
        for name, _, _ in messages:
            # Before it is sent: the checker must know of it even if we never learn of its arrival.
            system.journal.write(event="duplicate", message=name, mono=time.monotonic())
        _publish(descriptor.amqp_url, messages)
    except _SERVER_AWAY as error:
        system.journal.write(event="not injected", number=order.number, error=repr(error)[:200])


def _some_jobs(database_url: str, random: Random) -> Iterable[tuple[str, str, bytes]]:
    rows = [
        *_sample(random, _rows(database_url, _LIVE_JOBS), 4),
        *_sample(random, _rows(database_url, _ENDED_JOBS), 2),
    ]
    for row in rows:
        message = _job(row)
        yield str(message.dispatch), row["queue"], message.encode(datetime.now(UTC))


def _job(row: dict[str, Any]) -> JobMessage:
    return JobMessage(
        Dispatch(row["id"], row["generation"], row["message_dispatch"]),
        row["kind"],
        row["queue"],
        row["payload"],
        JobOptions(
            version=row["version"],
            attempt=row["message_attempt"],
            lane=row["lane"],
            customer_id=row["customer_id"],
        ),
    )


def _some_statuses(database_url: str, random: Random) -> Iterable[tuple[str, str, bytes]]:
    for row in _sample(random, _rows(database_url, _STATUSES), 20):
        name = f"{row['type']} {row['task_id']}.{row['generation']}.{row['dispatch']}"
        yield name, _STATUS_QUEUE, json.dumps(_status(row), default=str).encode()


def _status(row: dict[str, Any]) -> dict[str, Any]:
    same = ("type", "task_id", "generation", "dispatch", "attempt", "run_id", "data")
    return {
        **{name: row[name] for name in same},
        "id": new_id(),
        "incarnation": "chaos",
        "at": row["at"].isoformat(),
    }


def _sample(random: Random, rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    return random.sample(rows, min(most, len(rows)))


def _rows(database_url: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(database_url, row_factory=dict_row, connect_timeout=5) as connection:
        return connection.execute(query).fetchall()


def _publish(amqp_url: str, messages: Iterable[tuple[str, str, bytes]]) -> None:
    parameters = pika.URLParameters(amqp_url)
    parameters.blocked_connection_timeout = 10
    connection = pika.BlockingConnection(parameters)
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        for _, queue, body in messages:
            channel.basic_publish("", queue, body, pika.BasicProperties(delivery_mode=2))
    finally:
        if connection.is_open:
            connection.close()
