"""Messages that the broker gave up: each becomes a letter, and ends its task if it still waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from psycopg import Connection

from gateway.dead_letters.writing import NewLetter, insert_letters
from gateway.tasks.ending import end_tasks
from warren.contracts.endings import Ending, failed
from warren.contracts.message import Dispatch, JobMessage, UndecodableMessage
from warren.contracts.state_machine import ENDED, TaskRow
from warren.contracts.states import TaskState
from warren.messaging.delivery import Delivery

_INT4 = 2**31


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """What was in `warren.dead`: the letter it makes, and the bytes should that fail."""

    letter: NewLetter
    body: bytes


def read_dead(delivery: Delivery) -> DeadMessage:
    """Tell what is known of a dead message; never fails, whatever the bytes are."""
    headers = delivery.properties.headers or {}
    deaths = headers.get("x-death")
    reason = str(headers.get("x-first-death-reason") or "rejected")
    queue = str(headers.get("x-first-death-queue") or delivery.queue)
    try:
        job = JobMessage.decode(delivery.body)
    except UndecodableMessage as error:
        dispatch = _dispatch_named(delivery)
        letter = _undecodable(delivery.body, queue, reason, str(error), dispatch, _plain(deaths))
    else:
        letter = _decoded(job, delivery.body, queue, reason, _plain(deaths))
    return DeadMessage(letter, delivery.body)


def record_dead(connection: Connection[Any], messages: Sequence[DeadMessage]) -> None:
    """Insert the letters and end their tasks, in one transaction."""
    letters = [message.letter for message in messages]
    named = [(letter.dispatch, letter) for letter in letters if letter.dispatch]
    named.sort(key=lambda item: (item[0].generation, item[0].dispatch))
    # Of several of one task only the last can be what it waits for.
    by_task = {dispatch.task_id: letter for dispatch, letter in named}
    with connection.pipeline(), connection.transaction():
        end_tasks(connection, by_task, lambda row: _ending(row, by_task[row.id]))
        insert_letters(connection, letters)


def _ending(row: TaskRow, letter: NewLetter) -> Ending | None:
    dispatch = letter.dispatch
    if dispatch is None or not _is_current(row, dispatch):
        return None
    if row.state is TaskState.CANCELLING:
        return Ending(TaskState.CANCELLED, "task.cancelled", {"by": letter.source})
    return failed(letter.source, letter.error["type"], letter.error["message"])


def _is_current(row: TaskRow, dispatch: Dispatch) -> bool:
    """Whether the task still waits for this very message: no outcome, no later dispatch."""
    if row.generation != dispatch.generation:
        return False
    issued = [r.dispatch for r in row.outbox if r.generation == row.generation]
    if row.in_flight and row.in_flight.generation == row.generation:
        issued.append(row.in_flight.dispatch)
    has_no_later = all(number <= dispatch.dispatch for number in issued)
    return has_no_later and row.position < (dispatch.generation, dispatch.dispatch, ENDED)


def _decoded(job: JobMessage, body: bytes, queue: str, reason: str, deaths: object) -> NewLetter:
    kind = str(job.kind)
    if reason == "delivery_limit":
        source, type_ = "delivery_limit", "DeliveryLimitExceeded"
        message = "the message was handed over again and again, and never answered"
    else:
        source, type_ = "unknown_kind", "UnknownKind"
        message = f"a worker of the queue {queue} does not know the kind {kind}"
    return NewLetter(
        source=source,
        queue=queue,
        error={"type": type_, "message": message, "source": source},
        message=body,
        dispatch=_storable_dispatch(job.dispatch),
        customer_id=job.options.customer_id,
        kind=kind,
        version=_small(job.options.version),
        attempts=_small(job.options.attempt),
        x_death=deaths,
    )


def _undecodable(
    body: bytes, queue: str, reason: str, why: str, dispatch: Dispatch | None, deaths: object
) -> NewLetter:
    source = "delivery_limit" if reason == "delivery_limit" else "undecodable"
    error = {"type": "UndecodableMessage", "message": why, "source": source}
    return NewLetter(source, queue, error, body, dispatch=dispatch, x_death=deaths)


def _dispatch_named(delivery: Delivery) -> Dispatch | None:
    """The dispatch that the message's properties name, whatever its body says."""
    try:
        return _storable_dispatch(Dispatch.parse(delivery.properties.message_id or ""))
    except UndecodableMessage:
        return None


def _storable_dispatch(dispatch: Dispatch) -> Dispatch | None:
    fits = 0 < dispatch.generation < _INT4 and 0 < dispatch.dispatch < _INT4
    return dispatch if fits else None


def _small(number: int) -> int | None:
    return number if abs(number) < _INT4 else None


def _plain(deaths: object) -> object:
    """The broker's header as JSON can hold it: times and byte strings become texts."""
    return orjson.loads(orjson.dumps(deaths, default=_text, option=orjson.OPT_NON_STR_KEYS))


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
