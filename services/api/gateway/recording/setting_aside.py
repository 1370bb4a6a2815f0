"""What cannot be recorded is kept, and told."""

from collections.abc import Sequence
from typing import Any

import structlog
from psycopg import Connection

from gateway.database_work import DatabaseWork
from gateway.recording.decoding import Rejected
from gateway.recording.measures import recorder_numbers
from gateway.recording.writing import quarantine


def set_aside(work: DatabaseWork, queue: str, rejected: Sequence[Rejected], **facts: str) -> None:
    """Commit the messages of `queue` that cannot be recorded to quarantined_status.

    Raises gateway.database_work.Stopping.
    """
    if not rejected:
        return
    log = structlog.get_logger("warren.recorder")
    for item in rejected:
        log.error(
            "a message cannot be recorded; it is kept in quarantined_status",
            queue=queue,
            error=item.error,
            **facts,
        )

    def transaction(connection: Connection[Any]) -> None:
        with connection.transaction():
            quarantine(connection, queue, rejected)

    work.run(transaction)
    recorder_numbers().set_aside(queue, len(rejected))
