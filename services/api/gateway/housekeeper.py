"""The housekeeper: issues lost tasks again, notices lost workers, and tidies up."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import structlog
from prometheus_client import CollectorRegistry

from gateway.alerts.store import Alerts
from gateway.database_session import DatabaseSession
from gateway.housekeeping.aside import running_aside
from gateway.housekeeping.gauges import telling_gauges
from gateway.housekeeping.loop import Housekeeping
from gateway.process_metrics import gateway_registry
from gateway.sweeping.config import HousekeeperSettings
from gateway.sweeping.every_second import EverySecond
from warren.contracts.lanes import Lane
from warren.messaging.publisher import Publisher
from warren.observability.metrics_server import serving_metrics
from warren.worker.assignment import Assignment
from warren.worker.catalogue import load_service
from warren.worker.process import WorkerProcess
from warren.worker.settings import WorkerSettings
from warren.worker.stop_request import StopRequest

_JOBS = "gateway.housekeeping"
_LANES = (Lane.CRITICAL, Lane.DEFAULT, Lane.LOW)
#: Bulk actions that run at once.
_CONCURRENCY = 2
#: Seconds that a bulk action may go on after the stop; the next housekeeper goes on with it.
_GRACE = 5.0
_CLOSE_TIMEOUT = 5.0
_CONFIRM_TIMEOUT = 10.0


def run_housekeeper(settings: HousekeeperSettings, stop: Event) -> None:
    """Keep house until `stop` is set. Any number of housekeepers may run."""
    log = structlog.get_logger("warren.housekeeper")
    session = DatabaseSession(settings.database_url, name="warren-housekeeper")
    publisher = Publisher(settings.amqp_url, name="warren-housekeeper", timeout=_CONFIRM_TIMEOUT)
    registry = gateway_registry("housekeeper")
    publisher.start()
    log.info("the housekeeper has started")
    try:
        with (
            serving_metrics(registry, settings.host, settings.housekeeper_metrics_port),
            telling_gauges(settings.database_url, registry, stop),
            _working(settings, stop, registry),
            running_aside(
                settings.database_url, "seconds", stop, lambda own: EverySecond(own).run(stop)
            ),
        ):
            Housekeeping(settings, session, publisher, Alerts(registry)).run(stop)
    finally:
        publisher.close(_CLOSE_TIMEOUT)
        session.close()
    log.info("the housekeeper has stopped")


@contextmanager
def _working(
    settings: HousekeeperSettings, stop: Event, registry: CollectorRegistry
) -> Iterator[None]:
    """Run the housekeeper's jobs within the block; it beats, too, as every worker does.

    Sets `stop` should the worker end by itself: whoever supervises us starts us again.
    """
    worker_settings = WorkerSettings(
        amqp_url=settings.amqp_url,
        artifacts_url=settings.artifacts_url,
        grace_seconds=_GRACE,
        # Its numbers are told beside the housekeeper's own.
        worker_metrics_port=0,
    )
    assignment = Assignment(_LANES, _CONCURRENCY, "housekeeper")
    worker = WorkerProcess(load_service(_JOBS), assignment, worker_settings)
    registry.register(worker.numbers)
    request = StopRequest()

    def run() -> None:
        try:
            worker.run(request)
        finally:
            stop.set()

    thread = Thread(target=run, name="jobs", daemon=True)
    thread.start()
    try:
        yield
    finally:
        request.make()
        thread.join(_GRACE + 4 * _CLOSE_TIMEOUT)
