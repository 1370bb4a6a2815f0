"""Relay and recorder tell that they live, as workers do."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import structlog

from warren.contracts.kinds import Beat
from warren.messaging.publisher import Publisher
from warren.messaging.topology import CONTROL_QUEUE
from warren.observability.process import Identity, ResourceMeter

#: Seconds.
BEAT_INTERVAL = 10.0
_UNTIL_CONNECTED = 0.5
_DISTRIBUTION = "warren-api"


@contextmanager
def beating(publisher: Publisher, name: str) -> Iterator[None]:
    """Within the block this process beats every ten seconds, and a last time at its end."""
    stop = threading.Event()
    thread = threading.Thread(target=_beat, args=(publisher, name, stop), name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(BEAT_INTERVAL)


def _beat(publisher: Publisher, name: str, stop: threading.Event) -> None:
    identity, meter = Identity.of_this_process(), ResourceMeter()
    stopping = False
    while True:
        connected = publisher.connected
        # A beat that cannot be sent now would be old news later.
        if connected:
            beat = _beat_of(identity, name, *meter.read(), stopping)
            sent = publisher.publish(CONTROL_QUEUE, beat.model_dump_json().encode())
            sent.add_done_callback(_note)
        if stopping:
            return
        stopping = stop.wait(BEAT_INTERVAL if connected else _UNTIL_CONNECTED)


def _note(sent: "Future[None]") -> None:
    if (error := sent.exception()) is not None:
        structlog.get_logger("warren.gateway").warning(
            "a sign of life was not confirmed", error=str(error)
        )


def _beat_of(identity: Identity, name: str, cpu: float, memory: int, stopping: bool) -> Beat:
    return Beat(
        incarnation=identity.incarnation,
        name=name,
        service="api",
        release=version(_DISTRIBUTION),
        host=identity.host,
        pid=identity.pid,
        started_at=identity.started_at,
        at=datetime.now(UTC),
        cpu_percent=round(cpu, 1),
        memory_bytes=memory,
        stopping=stopping,
    )
