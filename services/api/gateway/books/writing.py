"""Changes of books, each in one transaction with the task that follows from it."""

from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from gateway.auditing.changes import Action, Change, rows_of, told_beside, told_if_done
from gateway.authentication import Caller
from gateway.books.problems import BookBusy, BookNotFound, ChapterNotFound
from gateway.books.schemas import BookUpload, PlanChange
from gateway.books.uploads import ReceivedBook
from gateway.reconciling.artifacts import add_artifact
from gateway.tasks.acceptance import NewTask
from gateway.tasks.acceptance_sql import ACCEPT

_PUT: LiteralString = told_if_done("""
INSERT INTO books (id, customer_id, user_id, title, language, format, file_name, file_id, options,
    state, task_id)
VALUES (%(id)s, %(customer)s, %(user)s, %(title)s, %(language)s, %(format)s, %(name)s, %(file)s,
    %(options)s, %(state)s, %(task)s)
ON CONFLICT (id) DO NOTHING RETURNING id
""")
# Whoever changes a book or what belongs to it locks its row first.
_LOCK: LiteralString = """
SELECT * FROM books WHERE id = %s AND customer_id = %s FOR NO KEY UPDATE
"""
# Not against those that change the row, only against its end.
_STAY: LiteralString = """
SELECT FROM books WHERE id = %s AND customer_id = %s FOR KEY SHARE
"""
# A statement of its own, begun when the row is locked: one that joins both, and waits for a change
# of the book's task, looks for the new task among the rows it saw before, and finds none.
_STATE: LiteralString = "SELECT state AS task_state FROM tasks WHERE id = %s"
_START: LiteralString = told_beside("""
UPDATE books SET state = 'processing', task_id = %(task)s, error = NULL, updated_at = now()
WHERE id = %(id)s
""")
_PLAN: LiteralString = """
UPDATE book_chapters c SET included = coalesce(n.included, c.included),
    kind = coalesce(n.kind, c.kind)
FROM json_to_recordset(%s::json) AS n (number integer, included boolean, kind text)
WHERE c.book_id = %s AND c.number = n.number RETURNING c.number
"""
_ENDED = ("succeeded", "failed", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class BookChange:
    """What a change is made with: one request's connection and caller."""

    connection: Connection[Any]
    caller: Caller

    def put(self, book_id: UUID, received: ReceivedBook, task: NewTask) -> None:
        """Keep a book with the task that plans or processes it; done before, it changes nothing."""
        upload: BookUpload = received.upload
        values = {
            "id": book_id,
            "customer": self.caller.customer_id,
            "user": upload.user_id,
            "title": upload.title,
            "language": upload.language,
            "format": received.format,
            "name": received.file.name,
            "file": received.file.id,
            "options": Jsonb(upload.options.model_dump(mode="json", exclude_none=True)),
            "state": "planning" if upload.waits else "processing",
            "task": task.id,
            "told": rows_of([self._told(Action.BOOK_UPLOADED, book_id, task)]),
        }
        if self.connection.execute(_PUT, values).rowcount:
            add_artifact(self.connection, self.caller.customer_id, book_id, received.file)
            self.accept(task)

    def start(self, book_id: UUID, task: NewTask) -> None:
        """Let the task process the book; raises BookNotFound or BookBusy."""
        book = self.lock(book_id)
        if book["task_id"] == task.id:
            return
        _ensure_idle(book)
        told = rows_of([self._told(Action.BOOK_WORKED_ON, book_id, task)])
        self.connection.execute(_START, {"task": task.id, "id": book_id, "told": told})
        self.accept(task)

    def plan(self, book_id: UUID, change: PlanChange) -> None:
        """Change what is to be analysed; raises BookNotFound, BookBusy or ChapterNotFound."""
        _ensure_idle(self.lock(book_id))
        rows = change.model_dump(mode="json")["chapters"]
        found = self.connection.execute(_PLAN, [orjson.dumps(rows).decode(), book_id]).fetchall()
        missing = sorted({row["number"] for row in rows} - {number for (number,) in found})
        if missing:
            raise ChapterNotFound.at(
                "chapters", f"names a chapter that the book does not have: {missing[0]}"
            )
        customer, told = self.caller.customer_id, {"chapters": len(rows)}
        planned = Change(self.caller.actor, Action.BOOK_PLANNED, str(book_id), customer, told)
        planned.record(self.connection)

    def accept_about(self, book_id: UUID, task: NewTask) -> None:
        """Write a task about a book that stays as it is; raises BookNotFound."""
        if not self.connection.execute(_STAY, [book_id, self.caller.customer_id]).fetchall():
            raise BookNotFound(f"there is no book {book_id}")
        if self.accept(task):
            self._told(Action.BOOK_WORKED_ON, book_id, task).record(self.connection)

    def lock(self, book_id: UUID) -> dict[str, Any]:
        """The book's row, with the state of its task; raises BookNotFound."""
        with self.connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(_LOCK, [book_id, self.caller.customer_id]).fetchone()
            if row is None:
                raise BookNotFound(f"there is no book {book_id}")
            state = cursor.execute(_STATE, [row["task_id"]]).fetchone()
        return row | (state or {"task_state": None})

    def accept(self, task: NewTask) -> bool:
        """Write the task; it is published when the transaction is committed.

        False if the same request has written it before.
        """
        rows = [orjson.dumps(part).decode() for part in ([task.columns], task.artifacts)]
        return bool(self.connection.execute(ACCEPT, rows).fetchall())

    def _told(self, action: Action, book_id: UUID, task: NewTask) -> Change:
        details = {"kind": task.columns["kind"], "task_id": task.id}
        return Change(self.caller.actor, action, str(book_id), self.caller.customer_id, details)


def _ensure_idle(book: dict[str, Any]) -> None:
    if book["task_state"] is not None and book["task_state"] not in _ENDED:
        raise BookBusy(
            f"task {book['task_id']} works on book {book['id']}: wait for its end, or cancel it"
        )
