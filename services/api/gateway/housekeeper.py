"""The housekeeper: issues lost tasks again, notices lost workers, and tidies up."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from gateway.alerts.store import Alerts
from gateway.database_session import DatabaseSession
from gateway.heartbeat import beating
from gateway.housekeeping.loop import Housekeeping
from gateway.sweeping.config import HousekeeperSettings
from warren.messaging.publisher import Publisher

_CLOSE_TIMEOUT = 5.0
_BEAT_TIMEOUT = 10.0


def run_housekeeper(settings: HousekeeperSettings, stop: Event) -> None:
    """Keep house until `stop` is set. Any number of housekeepers may run."""
    log = structlog.get_logger("warren.housekeeper")
    session = DatabaseSession(settings.database_url, name="warren-housekeeper")
    publisher = Publisher(settings.amqp_url, name="warren-housekeeper", timeout=_BEAT_TIMEOUT)
    registry = CollectorRegistry()
    publisher.start()
    log.info("the housekeeper has started")
    try:
        with _metrics(settings, registry), beating(publisher, "housekeeper"):
            Housekeeping(settings, session, publisher, Alerts(registry)).run(stop)
    finally:
        publisher.close(_CLOSE_TIMEOUT)
        session.close()
    log.info("the housekeeper has stopped")


@contextmanager
def _metrics(settings: HousekeeperSettings, registry: CollectorRegistry) -> Iterator[None]:
    """Serve the registry to Prometheus within the block, if a port is set."""
    if not settings.housekeeper_metrics_port:
        yield
        return
    server, thread = start_http_server(
        settings.housekeeper_metrics_port, settings.host, registry=registry
    )
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_CLOSE_TIMEOUT)
