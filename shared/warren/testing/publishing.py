"""Publishing in tests, with the patience of a relay."""

import threading
import time

from warren.messaging.errors import PublishRefused
from warren.messaging.publisher import Publisher

_PAUSE = 0.1


def publish_confirmed(
    publisher: Publisher,
    routing_key: str,
    *bodies: bytes,
    exchange: str = "",
    message_id: str | None = None,
    within: float = 30.0,
) -> None:
    """Publish in order; return when the broker has confirmed each (seconds: `within`).

    Insists on the first as long as it is refused: a quorum queue that several connections have
    just declared has no leader for a moment. Raises what else the publisher's futures raise.
    """
    deadline = time.monotonic() + within
    for body in bodies[:1]:
        _insist(publisher, routing_key, body, exchange, message_id, deadline)
    futures = [
        publisher.publish(routing_key, body, exchange=exchange, message_id=message_id)
        for body in bodies[1:]
    ]
    for future in futures:
        future.result(max(0.0, deadline - time.monotonic()))


def _insist(
    publisher: Publisher,
    routing_key: str,
    body: bytes,
    exchange: str,
    message_id: str | None,
    deadline: float,
) -> None:
    while True:
        future = publisher.publish(routing_key, body, exchange=exchange, message_id=message_id)
        try:
            return future.result(max(0.0, deadline - time.monotonic()))
        except PublishRefused:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(_PAUSE)
