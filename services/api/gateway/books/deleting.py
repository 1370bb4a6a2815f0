"""DELETE /api/v1/books/{id}."""

from datetime import datetime
from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from psycopg import Connection

from gateway.auditing.changes import Action, Change
from gateway.authentication import Caller, requires
from gateway.books.problems import BookNotFound
from gateway.books.tasks import release_results, tasks_of_book
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.images.removal import delete_images
from gateway.intake.parents import note_dropped
from gateway.reconciling.artifacts import drop_artifacts
from gateway.tasks.cancellation import cancel_tasks

router = APIRouter(prefix="/api/v1/books", tags=["books"], route_class=OnceRoute)

_LOCK: LiteralString = """
SELECT created_at FROM books WHERE id = %s AND customer_id = %s FOR UPDATE
"""
_DELETE: LiteralString = """
WITH gone AS (DELETE FROM books WHERE id = %s RETURNING id)
INSERT INTO deleted_books (id) SELECT id FROM gone
"""


@router.delete("/{book_id}", status_code=204, response_class=Response)
async def delete_book(
    book_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Delete a book with its chapters, descriptions, pictures and files.

    Tasks that read it or make pictures of it are cancelled, and pictures that a task of it makes
    later, since somebody started it again, go as well.
    """
    await gateway.transactions.run(lambda connection: delete(connection, caller, book_id))
    return Response(status_code=204)


def delete(connection: Connection[Any], caller: Caller, book_id: UUID) -> None:
    """Delete the caller's book within a transaction; raises BookNotFound."""
    tasks: set[UUID] = set()
    connection.execute("SAVEPOINT book_free")
    while True:
        # Its tasks before the book: recorders lock them in this order.
        cancel_tasks(connection, sorted(tasks), caller.actor)
        # A run that comes to its end before it hears of that would leave pictures of no book.
        note_dropped(connection, tasks)
        since = _lock(connection, caller, book_id)
        living = tasks_of_book(connection, caller.customer_id, book_id, since)
        if living <= tasks:
            break
        # More were asked for before we had the book.
        connection.execute("ROLLBACK TO SAVEPOINT book_free")
        tasks |= living
    release_results(connection, caller.customer_id, book_id, since)
    drop_artifacts(connection, [book_id])
    delete_images(connection, caller.customer_id, book_id=book_id)
    connection.execute(_DELETE, [book_id])
    change = Change(caller.actor, Action.BOOK_DELETED, str(book_id), caller.customer_id)
    change.record(connection)


def _lock(connection: Connection[Any], caller: Caller, book_id: UUID) -> datetime:
    """Let nobody start the book or ask for anything of it; returns when it was uploaded."""
    rows = connection.execute(_LOCK, [book_id, caller.customer_id]).fetchall()
    if not rows:
        raise BookNotFound(f"there is no book {book_id}")
    created_at: datetime = rows[0][0]
    return created_at
