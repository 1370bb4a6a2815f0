"""One look at the outbox: for each queue, as many rows as its window has room for."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog
from psycopg import Connection
from pydantic import ValidationError

from gateway.database_work import is_outage
from gateway.limits.admission import forget_full_buckets, save
from gateway.limits.rules import Rules
from gateway.relaying.choosing import SOON, Choice, choose_rows
from gateway.relaying.claims import (
    count_live_slots,
    count_unstarted,
    postpone,
    queues_with_rows,
    settle,
)
from gateway.relaying.config import RelaySettings
from gateway.relaying.due_row import DueRow
from gateway.relaying.expiry import end_expired, expired_rows
from gateway.relaying.intents import PublishIntents, forget_old_intents
from gateway.relaying.measures import relay_numbers
from gateway.relaying.publishing import JobPublisher, Published, publish_rows
from gateway.relaying.queue_state import QueueState
from gateway.relaying.unreadable import UnreadableClaim, postpone_unreadable
from gateway.relaying.window import WindowBounds
from warren.contracts.lanes import Lane
from warren.contracts.limit_key import LimitKey

#: Seconds for which the number of live slots is believed.
_SLOTS_TTL = 5.0
#: Seconds until workers are looked at again that had started a whole window.
_RAN_DRY = 0.01
#: Seconds between two clean-ups of what nobody needs any more.
_FORGET_EVERY = 60.0
_LANES = {Lane.CRITICAL: 0, Lane.PROBE: 0, Lane.DEFAULT: 1, Lane.LOW: 2}


class RelayRound:
    """Moves due rows to the broker; keeps what it learns about queues from round to round."""

    def __init__(
        self,
        settings: RelaySettings,
        publisher: JobPublisher,
        intents: PublishIntents,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._publisher = publisher
        self._intents = intents
        self._clock = clock
        self._bounds = WindowBounds(
            settings.window_seconds, settings.window_least, settings.window_most
        )
        self._states: dict[str, QueueState] = {}
        self._slots: dict[str, int] = {}
        self._slots_read_at = float("-inf")
        self._rules = Rules()
        self._forgot_at = clock()
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
            return SOON
        choice = self._try_to_move(connection, queue, min(room, self._settings.relay_batch), state)
        if choice is None:
            return SOON
        if state.retry_at > now:
            return max(0.0, state.retry_at - self._clock())
        if unstarted == 0 and len(choice.rows) == room:
            # The window was too small, and grows by what is seen to start.
            return _RAN_DRY
        return self._next_look(choice, room, self._clock() - now)

    def _next_look(self, choice: Choice, room: int, took: float) -> float:
        """Seconds; at least as long as the last look took where that found nothing."""
        if choice.rows:
            # Where there was something, more often follows: one cheap look before it is quiet.
            return 0.0 if choice.more and len(choice.rows) < room else SOON
        if choice.more:
            return took
        wait = self._settings.relay_poll if choice.next_in is None else choice.next_in
        return max(wait, took)

    def _try_to_move(
        self, connection: Connection[Any], queue: str, most: int, state: QueueState
    ) -> Choice | None:
        """None if rows are in the way that cannot be read, or stored as published."""
        try:
            return self._move(connection, queue, most, state)
        except UnreadableClaim as claim:
            if not postpone_unreadable(connection, queue, claim.allotments):
                state.failed(str(claim), self._clock())
        except psycopg.Error as error:
            if is_outage(error):
                raise
            # Of this queue's data: neither an outage, nor a reason to let other queues wait.
            state.failed(str(error), self._clock())
        return None

    def _move(
        self, connection: Connection[Any], queue: str, most: int, state: QueueState
    ) -> Choice:
        with connection.transaction():
            choice = choose_rows(connection, queue, most, state, self._rules)
            outdated = [row for row in choice.rows if row.is_outdated]
            wanted = [row for row in choice.rows if not row.is_outdated]
            late = expired_rows(connection, wanted)
            skipped = {row.dispatch for row in late}
            timely = [row for row in wanted if row.dispatch not in skipped]
            bodies = self._encode(connection, timely)
            if bodies:
                self._publisher.ensure_queue(queue)
            # What is not confirmed may be there all the same, and start: it is paid for too.
            paid = [LimitKey.parse(row.limit_key) for row, _ in bodies if row.limit_key]
            save(connection, choice.admission, paid)
            published = self._publish(connection, bodies)
            settle(connection, published.confirmed, outdated)
        end_expired(connection, late)
        state.meter.published(len(published.confirmed))
        relay_numbers().published(published.confirmed)
        if published.error is not None:
            relay_numbers().failed(queue)
            state.failed(published.error, self._clock())
        elif published.confirmed:
            state.worked()
        return choice

    def _publish(
        self, connection: Connection[Any], bodies: list[tuple[DueRow, bytes]]
    ) -> Published:
        if not bodies:
            return Published()
        intent = self._intents.note(row.dispatch.task_id for row, _ in bodies)
        published = publish_rows(self._publisher, bodies, self._settings.relay_confirm_timeout)
        for row, error in published.impossible:
            self._postpone(connection, row, error)
        self._intents.settle(
            connection, intent, [row.dispatch.task_id for row in published.uncertain]
        )
        return published

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
        postpone(connection, row.dispatch)

    def _read_slots(self, connection: Connection[Any]) -> None:
        now = self._clock()
        if now - self._slots_read_at > _SLOTS_TTL:
            self._slots = count_live_slots(connection)
            self._slots_read_at = now
        if now - self._forgot_at > _FORGET_EVERY:
            forget_full_buckets(connection)
            forget_old_intents(connection)
            self._forgot_at = now


def _lane_order(queue: str) -> tuple[int, str]:
    lane = queue.rpartition(".")[2]
    return _LANES.get(Lane(lane), 1) if lane in set(Lane) else 1, queue
