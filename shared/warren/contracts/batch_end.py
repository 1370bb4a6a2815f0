"""When a batch is over, how it has ended, and what its callback is told."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from warren.contracts.batches import BatchOutcome, OutcomeDetail
from warren.contracts.intake import NewChild
from warren.contracts.state_machine import HistoryNote, TaskRow, Transition
from warren.contracts.states import TaskState
from warren.contracts.submission import MAX_PAYLOAD_BYTES


@dataclass(frozen=True, slots=True)
class Tally:
    """A batch of `total` members, of which `known` have come so far."""

    batch_id: UUID
    total: int
    callback: dict[str, Any] | None
    known: int
    succeeded: int
    failed: int
    cancelled: int
    expired: int

    @property
    def ended(self) -> int:
        """Members that have ended, in whatever way."""
        return self.succeeded + self.failed + self.cancelled + self.expired

    @property
    def progress(self) -> int:
        """Percent."""
        return 100 * self.ended // self.total

    @property
    def message(self) -> str:
        """The same for people."""
        return f"{self.ended} of {self.total} members have ended"

    @property
    def counts(self) -> dict[str, int]:
        """By state, and in all."""
        return {
            "total": self.total,
            "succeeded": self.succeeded,
            "failed": self.failed,
            "cancelled": self.cancelled,
            "expired": self.expired,
        }


def is_over(row: TaskRow, tally: Tally) -> bool:
    """Members that have not come so far are waited for, unless nobody wants them any more."""
    expected = tally.known if row.state is TaskState.CANCELLING else tally.total
    return tally.ended >= expected


def batch_end(row: TaskRow, tally: Tally, now: datetime) -> Transition:
    """The end of the batch that `row`, which is not changed, is."""
    after = copy(row)
    after.state = _state(row, tally)
    after.waiting_for = None
    after.finished_at = now
    after.message = tally.message
    after.progress = tally.progress
    after.processing_seconds = (now - row.started_at).total_seconds() if row.started_at else 0.0
    if after.state is TaskState.SUCCEEDED:
        after.result = tally.counts
    if after.state is TaskState.FAILED:
        after.error = _error(tally)
    type_ = f"task.{after.state.value}"
    note = HistoryNote(row.id, row.generation, row.dispatch, type_, row.attempt, now, tally.counts)
    return Transition(row, after, notes=[note])


def callback_key(generation: int) -> str:
    """The key by which a batch asks for its callback: one for each of its generations."""
    return f"callback:{generation}"


def callback_of(said: NewChild, outcome: BatchOutcome) -> NewChild:
    """What a batch that has ended asks for."""
    payload = {**said.payload, "batch": outcome.model_dump(mode="json", exclude_none=True)}
    return said.model_copy(update={"key": callback_key(outcome.generation), "payload": payload})


def room_for_outcome(said: NewChild) -> int:
    """Bytes that the payload of the callback leaves for what is told of the members."""
    return MAX_PAYLOAD_BYTES - len(said.model_dump_json(include={"payload"})) - 1024


def outcome_that_fits(
    tally: Tally,
    generation: int,
    told: Iterable[tuple[OutcomeDetail, Sequence[Any]]],
    room: int,
) -> BatchOutcome:
    """The outcome with the first of `told` that takes no more than `room` bytes of JSON."""
    numbers = {"batch_id": tally.batch_id, "generation": generation, **tally.counts}
    for detail, members in told:
        outcome = BatchOutcome.model_validate({**numbers, "detail": detail, "members": members})
        if len(outcome.model_dump_json(exclude_none=True).encode()) <= room:
            return outcome
    return BatchOutcome.model_validate({**numbers, "detail": OutcomeDetail.COUNTS})


def _state(row: TaskRow, tally: Tally) -> TaskState:
    if row.state is TaskState.CANCELLING:
        return TaskState.CANCELLED
    return TaskState.SUCCEEDED if tally.succeeded == tally.total else TaskState.FAILED


def _error(tally: Tally) -> dict[str, Any]:
    missing = tally.total - tally.succeeded
    message = (
        f"{missing} of {tally.total} members did not succeed ({tally.failed} failed, "
        f"{tally.cancelled} cancelled, {tally.expired} expired): a retry starts those again"
    )
    return {"type": "MembersUnsuccessful", "message": message, "source": "members"}
