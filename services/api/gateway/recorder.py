"""The recorder: consumes status and control messages and writes what follows from them."""

from threading import Event

import structlog

from gateway.database_session import DatabaseSession
from gateway.database_work import DatabaseWork
from gateway.heartbeat import beating
from gateway.recording.config import RecorderSettings
from gateway.recording.loop import Recorder
from gateway.recording.projections import all_projections
from gateway.recording.store import StatusStore
from warren.messaging.consumer import QueueConsumer
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CONTROL_QUEUE, DEAD_QUEUE, STATUS_QUEUE

_CONTROL_PREFETCH = 200
_DEAD_PREFETCH = 200
_CLOSE_TIMEOUT = 5.0
_BEAT_TIMEOUT = 10.0


def run_recorder(settings: RecorderSettings, stop: Event) -> None:
    """Record until `stop` is set. Any number of recorders may run."""
    log = structlog.get_logger("warren.recorder")
    work = DatabaseWork(DatabaseSession(settings.database_url, name="warren-recorder"), stop)
    store = StatusStore(work, all_projections(settings), batch=settings.recorder_batch)
    # Control first: it is little, and must not wait behind a long queue of statuses.
    consumer = QueueConsumer(
        settings.amqp_url,
        {
            CONTROL_QUEUE: _CONTROL_PREFETCH,
            DEAD_QUEUE: _DEAD_PREFETCH,
            STATUS_QUEUE: settings.recorder_prefetch,
        },
        name="warren-recorder",
    )
    publisher = Publisher(settings.amqp_url, name="warren-recorder", timeout=_BEAT_TIMEOUT)
    publisher.start()
    consumer.start()
    log.info("the recorder has started")
    try:
        with beating(publisher, "recorder"):
            Recorder(consumer, store, batch=settings.recorder_batch).run(stop)
    finally:
        consumer.close(_CLOSE_TIMEOUT)
        publisher.close(_CLOSE_TIMEOUT)
        work.close()
    log.info("the recorder has stopped")
