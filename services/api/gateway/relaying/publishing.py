"""Hand messages to the broker and learn which of them it has."""

from collections.abc import Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Protocol

from gateway.relaying.due_row import DueRow
from warren.errors import PermanentError


class JobPublisher(Protocol):
    """The part of `warren.messaging.publisher.Publisher` that the relay uses."""

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached now."""
        ...

    def ensure_queue(self, name: str) -> None:
        """Declare the job queue now and after each reconnect."""
        ...

    def publish(
        self, routing_key: str, body: bytes, *, message_id: str | None = None
    ) -> "Future[None]":
        """Publish; the future ends with the broker's confirm."""
        ...


@dataclass(slots=True)
class Published:
    """What became of the messages."""

    confirmed: list[DueRow] = field(default_factory=list)
    #: Messages that the broker will never take.
    impossible: list[tuple[DueRow, PermanentError]] = field(default_factory=list)
    #: Those that may or may not be in the broker.
    uncertain: list[DueRow] = field(default_factory=list)
    #: Why others were not confirmed, if there are any.
    error: str | None = None


def publish_rows(
    publisher: JobPublisher, bodies: Sequence[tuple[DueRow, bytes]], timeout: float
) -> Published:
    """Publish all, pipelined, and wait `timeout` seconds at most for the broker's confirms."""
    futures = {
        publisher.publish(row.queue, body, message_id=str(row.dispatch)): row
        for row, body in bodies
    }
    done, pending = wait(futures, timeout)
    result = Published()
    for future in done:
        error = future.exception()
        if error is None:
            result.confirmed.append(futures[future])
        elif isinstance(error, PermanentError):
            result.impossible.append((futures[future], error))
        else:
            result.uncertain.append(futures[future])
            result.error = f"{type(error).__name__}: {error}"
    result.uncertain += [futures[future] for future in pending]
    if pending and result.error is None:
        result.error = f"{len(pending)} messages were not confirmed within {timeout:g} s"
    return result
