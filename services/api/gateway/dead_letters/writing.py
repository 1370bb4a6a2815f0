"""New dead letters, in one statement; what is there already stays as it is."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.dead_letters.cause import cause_of
from gateway.recording.decoding import storable
from gateway.tasks.measures import task_numbers
from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch

_INSERT = """
INSERT INTO dead_letters (id, source, task_id, generation, dispatch, customer_id, kind, version,
    queue, attempts, error, cause, message, message_sha256, x_death)
SELECT id, source, task_id, generation, dispatch, customer_id, kind, version, queue, attempts,
    error, cause, decode(message, 'hex'), decode(message_sha256, 'hex'), x_death
FROM json_to_recordset(%s::json) AS n (id uuid, source text, task_id uuid, generation integer,
    dispatch integer, customer_id uuid, kind text, version integer, queue text, attempts integer,
    error jsonb, cause text, message text, message_sha256 text, x_death jsonb)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class NewLetter:
    """A message that was given up; `error` has `type` and `message`, perhaps `traceback`."""

    source: str
    queue: str
    error: dict[str, Any]
    message: bytes
    dispatch: Dispatch | None = None
    customer_id: UUID | None = None
    kind: str | None = None
    version: int | None = None
    attempts: int | None = None
    x_death: Any = None


def insert_letters(connection: Connection[Any], letters: Sequence[NewLetter]) -> None:
    """Insert them, within the caller's transaction; one for each dispatch and source.

    A letter without a task is known by the hash of its message.
    """
    if letters:
        # In an order that all transactions share, so that no two wait for each other.
        rows = sorted(map(_row, letters), key=_order)
        connection.execute(_INSERT, [storable(orjson.dumps(rows)).decode()])
        for source, count in Counter(letter.source for letter in letters).items():
            task_numbers().died(source, count)


def _order(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        str(row["task_id"]),
        row["generation"] or 0,
        row["dispatch"] or 0,
        row["message_sha256"],
    )


def _row(letter: NewLetter) -> dict[str, Any]:
    dispatch = letter.dispatch
    return {
        "id": new_id(),
        "source": letter.source,
        "task_id": dispatch.task_id if dispatch else None,
        "generation": dispatch.generation if dispatch else None,
        "dispatch": dispatch.dispatch if dispatch else None,
        "customer_id": letter.customer_id,
        "kind": letter.kind,
        "version": letter.version,
        "queue": letter.queue,
        "attempts": letter.attempts,
        "error": letter.error,
        "cause": cause_of(letter.error["type"], letter.error["message"]),
        "message": letter.message.hex(),
        "message_sha256": hashlib.sha256(letter.message).hexdigest(),
        "x_death": letter.x_death,
    }
