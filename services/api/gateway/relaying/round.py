"""One look at the outbox: for each queue, as many rows as its window has room for."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import Connection
from pydantic import ValidationError

from gateway.relaying.claims import (
    count_live_slots,
    count_unstarted,
    postpone,
    queues_with_rows,
    select_rows,
    settle,
)
from gateway.relaying.config import RelaySettings
from gateway.relaying.due_row import DueRow
from gateway.relaying.publishing import JobPublisher, publish_rows
from gateway.relaying.queue_state import QueueState
from gateway.relaying.window import WindowBounds
from warren.contracts.lanes import Lane

#: Seconds until a queue whose window is full is looked at again.
_WINDOW_POLL = 0.05
#: Seconds for which the number of live slots is believed.
_SLOTS_TTL = 5.0
_LANES = {Lane.CRITICAL: 0, Lane.PROBE: 0, Lane.DEFAULT: 1, Lane.LOW: 2}


class RelayRound:
    """Moves due rows to the broker; keeps what it learns about queues from round to round."""

    def __init__(
        self,
        settings: RelaySettings,
        publisher: JobPublisher,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._clock = clock
        self._bounds = WindowBounds(
            settings.window_seconds, settings.window_least, settings.window_most
        )
        self._states: dict[str, QueueState] = {}
        self._slots: dict[str, int] = {}
        self._slots_read_at = float("-inf")
        self._log = structlog.get_logger("warren.relay")

    def run(self, connection: Connection[Any]) -> float:
        """Publish what is due; returns the seconds until the next look is worth while.

        Raises psycopg.Error; rows whose transaction did not commit stay and are published again.
        """
        found = queues_with_rows(connection)
        due = sorted((q.queue for q in found if q.due_in <= 0), key=_lane_order)
        waits = [q.due_in for q in found if q.due_in > 0]
        if due:
            self._read_slots(connection)
            unstarted = count_unstarted(connection, due)
            waits += [self._serve(connection, queue, unstarted.get(queue, 0)) for queue in due]
        return min([*waits, self._settings.relay_poll])

    def _serve(self, connection: Connection[Any], queue: str, unstarted: int) -> float:
        state = self._states.setdefault(queue, QueueState(queue))
        now = self._clock()
        rate = state.meter.rate(now, unstarted)
        if now < state.retry_at:
            return state.retry_at - now
        room = self._bounds.size(rate, self._slots.get(queue, 0)) - unstarted
        if room <= 0:
            return _WINDOW_POLL
        limit = min(room, self._settings.relay_batch)
        moved = self._move(connection, queue, limit, state)
        if state.retry_at > now:
            return max(0.0, state.retry_at - self._clock())
        if moved == 0:  # another relay holds what is due
            return self._settings.relay_poll
        # Where there was something, more often follows: one cheap look before it is quiet.
        return 0.0 if moved == limit < room else _WINDOW_POLL

    def _move(self, connection: Connection[Any], queue: str, limit: int, state: QueueState) -> int:
        with connection.transaction():
            rows = select_rows(connection, queue, limit)
            outdated = [row for row in rows if row.is_outdated]
            bodies = self._encode(connection, [row for row in rows if not row.is_outdated])
            if bodies:
                self._publisher.ensure_queue(queue)
            published = publish_rows(self._publisher, bodies, self._settings.relay_confirm_timeout)
            for row, error in published.impossible:
                self._postpone(connection, row, error)
            settle(connection, published.confirmed, outdated)
        state.meter.published(len(published.confirmed))
        if published.error is not None:
            state.failed(published.error, self._clock())
        elif published.confirmed:
            state.worked()
        return len(rows)

    def _encode(
        self, connection: Connection[Any], rows: list[DueRow]
    ) -> list[tuple[DueRow, bytes]]:
        now = datetime.now(UTC)
        bodies = []
        for row in rows:
            try:
                bodies.append((row, row.message().encode(now)))
            except (ValidationError, ValueError, TypeError) as error:
                self._postpone(connection, row, error)
        return bodies

    def _postpone(self, connection: Connection[Any], row: DueRow, error: Exception) -> None:
        self._log.error(
            "a row of the outbox makes no message; it is tried again in a minute",
            task_id=str(row.dispatch.task_id),
            error=str(error),
        )
        postpone(connection, row)

    def _read_slots(self, connection: Connection[Any]) -> None:
        now = self._clock()
        if now - self._slots_read_at > _SLOTS_TTL:
            self._slots = count_live_slots(connection)
            self._slots_read_at = now


def _lane_order(queue: str) -> tuple[int, str]:
    lane = queue.rpartition(".")[2]
    return _LANES.get(Lane(lane), 1) if lane in set(Lane) else 1, queue
