"""Statuses and control messages into the database: outages are waited out, bad items set aside."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import Connection

from gateway.database_work import DatabaseWork
from gateway.dead_letters.broker import DeadMessage, read_dead, record_dead
from gateway.recording.batch import record_statuses
from gateway.recording.bisection import bisect_failures
from gateway.recording.control import Said, read_control, record_control
from gateway.recording.decoding import Rejected, Reported, read_statuses, rejection
from gateway.recording.measures import recorder_numbers
from gateway.recording.setting_aside import set_aside
from gateway.tasks.projection import Projection
from warren.contracts.state_machine import Transition
from warren.messaging.delivery import Delivery
from warren.messaging.topology import CONTROL_QUEUE, DEAD_QUEUE, STATUS_QUEUE


class StatusStore:
    """Records the bodies of messages; when a method returns, all of them are committed.

    Raises gateway.database_work.Stopping when the process is told to stop before that.
    """

    def __init__(
        self, work: DatabaseWork, projections: Sequence[Projection], *, batch: int = 500
    ) -> None:
        self._work = work
        self._projections = projections
        self._batch = batch

    def record_statuses(self, bodies: Iterable[bytes]) -> None:
        """Fold the statuses of these messages, at most `batch` of them in one transaction."""
        reported, rejected = read_statuses(bodies)
        self._set_aside(STATUS_QUEUE, rejected)
        for start in range(0, len(reported), self._batch):
            bisect_failures(
                reported[start : start + self._batch], self._fold, self._set_aside_status
            )

    def record_control(self, bodies: Iterable[bytes]) -> None:
        """Record announcements and beats."""
        said, rejected = read_control(bodies)
        self._set_aside(CONTROL_QUEUE, rejected)
        if said:
            bisect_failures(said, self._write_control, self._set_aside_control)

    def record_dead(self, deliveries: Iterable[Delivery]) -> None:
        """Make dead letters of messages that the broker gave up, and end their tasks."""
        messages = [read_dead(delivery) for delivery in deliveries]
        for start in range(0, len(messages), self._batch):
            bisect_failures(
                messages[start : start + self._batch], self._write_dead, self._set_aside_dead
            )

    def _write_dead(self, messages: Sequence[DeadMessage]) -> None:
        def transaction(connection: Connection[Any]) -> None:
            record_dead(connection, messages)

        self._work.run(transaction)

    def _set_aside_dead(self, item: DeadMessage, error: Exception) -> None:
        self._set_aside(DEAD_QUEUE, [rejection(item.body, error)])

    def _fold(self, items: Sequence[Reported]) -> list[Transition]:
        def transaction(connection: Connection[Any]) -> list[Transition]:
            return record_statuses(connection, items, self._projections)

        transitions = self._work.run(transaction)
        recorder_numbers().recorded(items)
        return transitions

    def _write_control(self, said: Sequence[Said]) -> None:
        def transaction(connection: Connection[Any]) -> None:
            record_control(connection, said)

        self._work.run(transaction)

    def _set_aside_status(self, item: Reported, error: Exception) -> None:
        task_id = str(item.status.task_id)
        self._set_aside(STATUS_QUEUE, [rejection(item.body, error)], task_id=task_id)

    def _set_aside_control(self, item: Said, error: Exception) -> None:
        self._set_aside(CONTROL_QUEUE, [rejection(item.body, error)])

    def _set_aside(self, queue: str, rejected: Sequence[Rejected], **facts: str) -> None:
        set_aside(self._work, queue, rejected, **facts)
