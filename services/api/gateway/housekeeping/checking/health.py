"""The health check: each part is asked by itself, and its answer timed."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
from pika.exceptions import AMQPError
from psycopg import Connection
from pydantic import AwareDatetime, BaseModel

from gateway.housekeeping.config import HousekeepingSettings
from gateway.housekeeping.statistics.history import keep
from gateway.housekeeping.surroundings import database_of
from gateway.reconciling.statistics import oldest_pending
from gateway.sweeping.broker import measure
from gateway.workers.downstreams import told_downstreams
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.errors import TransientError
from warren.messaging.topology import STATUS_QUEUE
from warren.worker import JobContext, Worker

#: Seconds that a part may take to answer over HTTP.
_PATIENCE = 3.0
_MOST_DETAIL = 300


class HealthCheck(Job):
    """Ask gateway, broker, database and search index whether they work; is the chatbot in step?"""

    kind: ClassVar[str] = "api.health_check"


class PartHealth(BaseModel):
    """`problem` is None while the part works."""

    latency_ms: float
    problem: str | None = None


class HealthReport(BaseModel):
    """`status` is healthy or unhealthy; one entry of `checks` for each part."""

    status: str
    timestamp: AwareDatetime
    checks: dict[str, PartHealth]


class Unhealthy(TransientError):
    """Some part does not work; the message names each, with its problem."""


class HealthCheckWorker(Worker[HealthCheck, HealthReport]):
    """Repeated, it asks again."""

    audience = Audience.OPERATOR
    lane = Lane.CRITICAL
    max_retries = 0
    dead_letter = False
    cron_schedule = "*/10 * * * *"

    def perform(self, job: HealthCheck, context: JobContext) -> HealthReport:
        settings = HousekeepingSettings()
        with database_of(settings) as connection:
            report = check_all(connection, settings)
            keep(connection, "health", report.timestamp, report)
        problems = [
            f"{name}: {part.problem}" for name, part in report.checks.items() if part.problem
        ]
        if problems:
            raise Unhealthy("; ".join(problems))
        return report


def check_all(connection: Connection[Any], settings: HousekeepingSettings) -> HealthReport:
    """Ask every part, one after the other; takes some ten seconds at most."""
    checks = {
        "gateway": _timed(lambda: _ask_url(settings.gateway_health_url)),
        "broker": _timed(lambda: _ask_broker(settings.amqp_url)),
        "database": _timed(lambda: _ask_database(connection)),
        "downstream": _timed(lambda: _ask_downstream(connection, settings.unsynced_alarm)),
    }
    if settings.search_url is not None:
        ready = f"{settings.search_url.rstrip('/')}/readyz"
        checks["search"] = _timed(lambda: _ask_url(ready))
    checks |= {
        name: PartHealth(latency_ms=each.latency_ms, problem=each.problem)
        for name, each in told_downstreams(connection).items()
    }
    healthy = not any(part.problem for part in checks.values())
    return HealthReport(
        status="healthy" if healthy else "unhealthy", timestamp=datetime.now(UTC), checks=checks
    )


def _timed(ask: Callable[[], str | None]) -> PartHealth:
    started = time.monotonic()
    problem = ask()
    return PartHealth(latency_ms=round(1000 * (time.monotonic() - started), 1), problem=problem)


def _ask_url(url: str) -> str | None:
    try:
        answer = httpx.get(url, timeout=_PATIENCE, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{url} does not answer within {_PATIENCE:g} s: {error!r}"
    if answer.is_success:
        return None
    return f"{url} answers {answer.status_code}{_detail(answer)}"


def _detail(answer: httpx.Response) -> str:
    """What it says is wrong, if it says so as our programs do."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    detail = said.get("detail") if isinstance(said, dict) else None
    return f": {detail[:_MOST_DETAIL]}" if isinstance(detail, str) else ""


def _ask_broker(url: str) -> str | None:
    try:
        depth = measure(url, [STATUS_QUEUE], "warren-health-check")[STATUS_QUEUE]
    except (AMQPError, OSError) as error:
        return f"RabbitMQ does not answer: {error!r}"
    return None if depth.consumers else f"no recorder reads {STATUS_QUEUE}"


def _ask_downstream(connection: Connection[Any], patience: float) -> str | None:
    # Whether the chatbot can be reached is told by the workers that call it.
    count, age = oldest_pending(connection)
    if age <= patience:
        return None
    return (
        f"{count} changes of documents and FAQs wait for the chatbot, the oldest for"
        f" {age / 3600:.1f} h: is it up, and does a sync-worker run?"
    )


def _ask_database(connection: Connection[Any]) -> str | None:
    # As the gateway does it: a record in the server's log of writes, that nobody reads.
    connection.execute("SELECT pg_logical_emit_message(true, 'warren.health', '')")
    return None
