"""The scheduler: makes tasks of what schedules say is due."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from threading import Event, Thread
from typing import Any

import psycopg
import structlog
from prometheus_client import CollectorRegistry
from psycopg import Connection

from gateway.alerts.store import Alerts
from gateway.batches.chores import forget_batches
from gateway.books.chores import forget_deleted_books
from gateway.composition import submissions_to
from gateway.database import connection_pool
from gateway.events.chores import retire_subscriptions
from gateway.heartbeat import beating
from gateway.kinds.catalogue import Catalogue
from gateway.outage import Outage
from gateway.process_metrics import gateway_registry
from gateway.scheduling.chores import do_chores
from gateway.scheduling.clockwork import Clockwork
from gateway.scheduling.config import SchedulerSettings
from gateway.scheduling.firing import FiringWriter
from gateway.scheduling.looking import Looker
from gateway.scheduling.measures import Measures
from gateway.transactions import Transactions
from gateway.webhooks.chores import cancel_unwanted, forget_deliveries
from gateway.webhooks.hosts import forget_hosts
from gateway.webhooks.live import refresh_stale
from gateway.webhooks.overfull import cancel_excess, disable_overfull
from warren.artifacts import open_store
from warren.messaging.publisher import Publisher
from warren.observability.metrics_server import serving_metrics

_CLOSE_TIMEOUT = 5.0
_CONFIRM_TIMEOUT = 10.0
#: Seconds until the next look after one that failed for a reason of its own.
_AFTER_A_FAULT = 5.0
#: Of cancelling deliveries that nobody wants, a thousand each.
_ROUNDS = 200


def run_scheduler(settings: SchedulerSettings, stop: Event) -> None:
    """Schedule until `stop` is set. Any number of schedulers may run."""
    log = structlog.get_logger("warren.scheduler")
    registry = gateway_registry("scheduler")
    # It publishes nothing but signs of life: tasks go to the broker by the outbox.
    publisher = Publisher(settings.amqp_url, name="warren-scheduler", timeout=_CONFIRM_TIMEOUT)
    publisher.start()
    log.info("the scheduler has started")
    try:
        with (
            serving_metrics(registry, settings.host, settings.scheduler_metrics_port),
            beating(publisher, "scheduler"),
        ):
            asyncio.run(_schedule(settings, registry, stop))
    finally:
        publisher.close(_CLOSE_TIMEOUT)
    log.info("the scheduler has stopped")


async def _schedule(settings: SchedulerSettings, registry: CollectorRegistry, stop: Event) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait_for_stop() -> None:
        stop.wait()
        loop.call_soon_threadsafe(stopped.set)

    # A thread of its own, since those of the loop are waited for at its end.
    Thread(target=wait_for_stop, name="stop", daemon=True).start()
    async with _scheduling(settings, registry) as scheduling:
        await Clockwork(scheduling.look, scheduling.do_chores).run(stopped)


class Scheduling:
    """What the clockwork calls; waits out a database that is away."""

    def __init__(
        self,
        looker: Looker,
        transactions: Transactions,
        alerts: Alerts,
        settings: SchedulerSettings,
    ) -> None:
        self._looker = looker
        self._transactions = transactions
        self._alerts = alerts
        self._interval = settings.scheduler_interval
        self._webhook_limit = settings.webhook_backlog_limit
        self._database = Outage("the database")
        self._log = structlog.get_logger("warren.scheduler")

    async def look(self) -> float:
        """Fire what is due; returns the seconds until the next look."""
        try:
            seconds = await self._looker.look()
        except psycopg.Error as error:
            return self._database.failed(error)
        except Exception:  # noqa: BLE001 - whatever it is, the next look may do better
            self._log.exception("a look for due schedules failed; the next one follows")
            return _AFTER_A_FAULT
        self._database.over()
        return min(seconds, self._interval)

    async def do_chores(self) -> None:
        """Retire what nobody announces and forget what is old; done again in ten minutes."""

        def chores(connection: Connection[Any]) -> None:
            do_chores(connection, self._alerts)
            retire_subscriptions(connection, self._alerts)
            forget_batches(connection)
            forget_deliveries(connection)
            forget_hosts(connection)
            forget_deleted_books(connection)

        try:
            await self._transactions.run(chores)
            await self._transactions.run(lambda c: disable_overfull(c, self._webhook_limit))
            await self._repeat(cancel_unwanted)
            await self._repeat(refresh_stale)
            await self._repeat(lambda c: cancel_excess(c, self._webhook_limit))
        except Exception as error:  # noqa: BLE001 - whatever it is, firing goes on
            self._log.warning("the scheduler's chores are put off", error=str(error))

    async def _repeat(self, work: Callable[[Connection[Any]], bool]) -> None:
        for _ in range(_ROUNDS):
            if not await self._transactions.run(work):
                return


@asynccontextmanager
async def _scheduling(
    settings: SchedulerSettings, registry: CollectorRegistry
) -> AsyncIterator[Scheduling]:
    """The parts, put together; the database need not be there yet. Closed at the end."""
    transactions = Transactions(settings)
    alerts = Alerts(registry)
    try:
        async with connection_pool(settings, "scheduler") as pool:
            writer = FiringWriter(pool)
            store = open_store(settings.artifacts_url)
            submissions = submissions_to(writer, pool, store, settings, Catalogue(pool))
            looker = Looker(pool, submissions, writer, transactions, alerts, Measures(registry))
            yield Scheduling(looker, transactions, alerts, settings)
    finally:
        await transactions.close()
