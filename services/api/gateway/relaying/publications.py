"""Moves rows of `publications` to the broker: orders to workers, and what else is no job.

In a thread of its own, so that an exchange or stream that is away holds up no job.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Event
from typing import Any, Protocol
from uuid import UUID

import psycopg
import structlog
from psycopg import Connection

from gateway.database_session import DatabaseSession
from gateway.outage import Outage
from gateway.relaying.listener import OutboxListener
from warren.messaging.topology import CANCELS_STREAM

_BATCH = 500
#: Seconds until what the broker did not take is offered again.
_RETRY_AFTER = 2.0
#: Seconds between looks that nobody asked for. Whoever inserts a row notifies, and a listener that
#: lost its connection looks at once: that leaves what a relay postponed before it died.
_QUIET_POLL = 5.0
_SELECT = """
SELECT id, exchange, routing_key, body, mandatory FROM publications
WHERE available_at <= now() ORDER BY available_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_DELETE = "DELETE FROM publications WHERE id = ANY (%s::uuid[])"
_POSTPONE = """
UPDATE publications SET available_at = now() + make_interval(secs => %s) WHERE id = ANY (%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """One message to publish."""

    id: UUID
    exchange: str
    routing_key: str
    body: bytes
    mandatory: bool


class AnyPublisher(Protocol):
    """The part of `warren.messaging.publisher.Publisher` that is used here."""

    @property
    def connected(self) -> bool: ...

    def ensure_queue(self, name: str) -> None: ...

    def publish(
        self,
        routing_key: str,
        body: bytes,
        *,
        exchange: str = "",
        message_id: str | None = None,
        mandatory: bool = True,
    ) -> "Future[None]": ...


class PublicationRelay:
    """Publishes due rows with confirms and deletes them; several may run, they share the rows."""

    def __init__(
        self,
        session: DatabaseSession,
        listener: OutboxListener,
        publisher: AnyPublisher,
        *,
        confirm_timeout: float,
        poll: float,
    ) -> None:
        self._session = session
        self._listener = listener
        self._publisher = publisher
        self._confirm_timeout = confirm_timeout
        self._poll = poll
        #: When what this relay postponed is due, by the monotonic clock.
        self._retry_at = float("-inf")
        self._broker = Outage("publishing orders and events")
        self._database = Outage("the database")
        self._log = structlog.get_logger("warren.relay")

    def run(self, stop: Event) -> None:
        """Publish until told to stop."""
        while not stop.is_set():
            try:
                wait_for = self._step()
            except psycopg.Error as error:
                self._session.discard()
                stop.wait(self._database.failed(error))
                continue
            except Exception as error:  # noqa: BLE001 - the thread must go on
                self._log.exception("a batch of publications failed inside the relay")
                self._session.discard()
                stop.wait(self._database.failed(error))
                continue
            self._database.over()
            if wait_for > 0 and not stop.is_set():
                self._listener.wait(wait_for)

    def _step(self) -> float:
        """Seconds until the next look is worth while."""
        if not self._publisher.connected:
            return self._poll
        if self.publish_due(self._session.connection()):
            return 0.0
        until_retry = self._retry_at - time.monotonic()
        return until_retry if until_retry > 0 else max(self._poll, _QUIET_POLL)

    def publish_due(self, connection: Connection[Any]) -> bool:
        """One batch in one transaction; True if there may be more. Raises psycopg.Error."""
        with connection.transaction():
            rows = [PublicationRow(*row) for row in connection.execute(_SELECT, [_BATCH])]
            if not rows:
                return False
            confirmed, error = self._publish(rows)
            connection.execute(_DELETE, [[row.id for row in confirmed]])
            left = {row.id for row in rows} - {row.id for row in confirmed}
            if left:
                connection.execute(_POSTPONE, [_RETRY_AFTER, list(left)])
        if error is not None:
            self._retry_at = time.monotonic() + _RETRY_AFTER
            self._broker.failed(error, waiting=len(left))
        else:
            self._broker.over()
        return len(rows) == _BATCH and not left

    def _publish(self, rows: Sequence[PublicationRow]) -> tuple[list[PublicationRow], str | None]:
        if any(row.routing_key == CANCELS_STREAM and not row.exchange for row in rows):
            self._publisher.ensure_queue(CANCELS_STREAM)
        futures = {self._send(row): row for row in rows}
        done, pending = wait(futures, self._confirm_timeout)
        errors = [error for future in done if (error := future.exception()) is not None]
        if pending:
            errors.append(TimeoutError(f"{len(pending)} messages were not confirmed in time"))
        confirmed = [futures[future] for future in done if future.exception() is None]
        return confirmed, repr(errors[0]) if errors else None

    def _send(self, row: PublicationRow) -> "Future[None]":
        return self._publisher.publish(
            row.routing_key,
            row.body,
            exchange=row.exchange,
            message_id=str(row.id),
            mandatory=row.mandatory,
        )
