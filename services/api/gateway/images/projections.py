"""Pictures that a task's success has made become rows of `generated_images`."""

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString

import orjson
import structlog
from psycopg import Connection
from pydantic import ValidationError

from gateway.images.removal import delete_images
from gateway.images.results import PICTURE_KINDS, MadePicture, made_pictures
from warren.contracts.images import GenerateImage
from warren.contracts.state_machine import Transition

_log = structlog.get_logger("warren.recorder")

#: Payloads that came by SQL were checked by nobody: what is no id must not stop the recording.
_ID: LiteralString = "^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$"
_INSERT: LiteralString = """
INSERT INTO generated_images (id, thumbnail_id, mask_id, customer_id, user_id, task_id, kind,
    book_id, description_id, prompt, provider, model, width, height, seconds)
SELECT n.id, n.thumbnail_id, n.mask_id, t.customer_id, t.user_id, t.id, t.kind,
    CASE WHEN said.book ~* %(id)s THEN said.book::uuid END,
    CASE WHEN said.description ~* %(id)s THEN said.description::uuid END,
    n.prompt, n.provider, n.model, n.width, n.height, n.seconds
FROM json_to_recordset(%(rows)s::json) AS n (id uuid, thumbnail_id uuid, mask_id uuid, task_id uuid,
    prompt text, provider text, model text, width integer, height integer, seconds double precision)
JOIN tasks t ON t.id = n.task_id
LEFT JOIN LATERAL (
    SELECT t.payload ->> 'book_id' AS book, t.payload ->> 'description_id' AS description
    WHERE t.kind = %(kind)s
) AS said ON true
ON CONFLICT (id) DO NOTHING
"""


# Whoever deletes one of these books waits for us, or we see that it was deleted.
_STAY: LiteralString = """
SELECT FROM books WHERE id IN (
    SELECT (payload ->> 'book_id')::uuid FROM tasks
    WHERE id = ANY (%(ids)s::uuid[]) AND kind = %(kind)s AND payload ->> 'book_id' ~* %(id)s
)
ORDER BY id FOR KEY SHARE
"""
_OF_DELETED: LiteralString = """
SELECT DISTINCT g.customer_id, g.book_id FROM generated_images g
JOIN deleted_books d ON d.id = g.book_id WHERE g.task_id = ANY (%(ids)s::uuid[])
"""


def record_images(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: what successes of picture jobs have made, unless it is of a deleted book."""
    rows = [
        {**picture.model_dump(mode="json"), "task_id": str(transition.after.id)}
        for transition in transitions
        for picture in _made(transition)
    ]
    if rows:
        ids = sorted({row["task_id"] for row in rows})
        values = {"ids": ids, "id": _ID, "kind": GenerateImage.kind}
        connection.execute(_STAY, values)
        connection.execute(_INSERT, {**values, "rows": orjson.dumps(rows).decode()})
        for customer_id, book_id in connection.execute(_OF_DELETED, values).fetchall():
            delete_images(connection, customer_id, book_id=book_id)


def _made(transition: Transition) -> Iterator[MadePicture]:
    task = transition.after
    if transition.success is None or task.kind not in PICTURE_KINDS:
        return
    try:
        yield from made_pictures(transition.success.data.result)
    except ValidationError as error:
        # It is of another release: its files are there all the same.
        _log.warning("pictures_not_listed", task=str(task.id), kind=task.kind, error=str(error))
