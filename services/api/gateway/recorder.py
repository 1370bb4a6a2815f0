"""The recorder: consumes status and control messages and writes what follows from them."""

from threading import Event

import structlog

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.heartbeat import beating
from gateway.intake.judging import Terms
from gateway.intake.store import IntakeStore
from gateway.process_metrics import gateway_registry
from gateway.recording.config import RecorderSettings
from gateway.recording.loop import Recorder
from gateway.recording.measures import recorder_numbers
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from gateway.tasks.routing import Router, load_route
from warren.messaging.consumer import QueueConsumer
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CONTROL_QUEUE, DEAD_QUEUE, INTAKE_QUEUE, STATUS_QUEUE
from warren.observability.metrics_server import serving_metrics

_CONTROL_PREFETCH = 200
_DEAD_PREFETCH = 200
#: Commands may have a megabyte each.
_INTAKE_PREFETCH = 20
#: Seconds. A recorder that stands still holds statuses, and locks of tasks, that others wait for.
#: It runs nothing of anybody else's that could keep it from beating, and its transactions wait for
#: nothing but the database.
_HEARTBEAT = 5
_IDLE_IN_TRANSACTION = 10
_CLOSE_TIMEOUT = 5.0
_BEAT_TIMEOUT = 10.0


def run_recorder(settings: RecorderSettings, stop: Event) -> None:
    """Record until `stop` is set. Any number of recorders may run."""
    log = structlog.get_logger("warren.recorder")
    session = DatabaseSession(
        settings.database_url, name="warren-recorder", idle_in_transaction=_IDLE_IN_TRANSACTION
    )
    work = DatabaseWork(session, stop)
    store = StatusStore(work, all_projections(settings), batch=settings.recorder_batch)
    registry = gateway_registry("recorder", recorder_numbers().registry)
    router = Router(load_route(settings.route), registry)
    intake = IntakeStore(work, Terms(router, settings.max_payload_bytes))
    # Control first: it is little, and must not wait behind a long queue of statuses.
    consumer = QueueConsumer(
        settings.amqp_url,
        {
            CONTROL_QUEUE: _CONTROL_PREFETCH,
            DEAD_QUEUE: _DEAD_PREFETCH,
            INTAKE_QUEUE: _INTAKE_PREFETCH,
            STATUS_QUEUE: settings.recorder_prefetch,
        },
        name="warren-recorder",
        heartbeat=_HEARTBEAT,
    )
    publisher = Publisher(settings.amqp_url, name="warren-recorder", timeout=_BEAT_TIMEOUT)
    publisher.start()
    consumer.start()
    log.info("the recorder has started")
    try:
        with (
            serving_metrics(registry, settings.host, settings.recorder_metrics_port),
            beating(publisher, "recorder"),
        ):
            Recorder(consumer, store, intake, batch=settings.recorder_batch).run(stop)
    finally:
        consumer.close(_CLOSE_TIMEOUT)
        publisher.close(_CLOSE_TIMEOUT)
        work.close()
    log.info("the recorder has stopped")
