"""DELETE /api/v1/books/{id}."""

from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.books.writing import BookChange
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute
from gateway.images.deleting import delete_images
from gateway.images.picturing import tasks_picturing
from gateway.intake.parents import note_dropped
from gateway.reconciling.artifacts import drop_artifacts
from gateway.tasks.cancellation import cancel_tasks

router = APIRouter(prefix="/api/v1/books", tags=["books"], route_class=OnceRoute)

_TASK: LiteralString = "SELECT task_id, created_at FROM books WHERE id = %s AND customer_id = %s"
_DELETE: LiteralString = "DELETE FROM books WHERE id = %s"


@router.delete("/{book_id}", status_code=204, response_class=Response)
async def delete_book(
    book_id: UUID,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
) -> Response:
    """Delete a book with its chapters, descriptions, pictures and files.

    Tasks that read it or make pictures of it are cancelled.
    """
    await gateway.transactions.run(lambda connection: delete(connection, caller, book_id))
    return Response(status_code=204)


def delete(connection: Connection[Any], caller: Caller, book_id: UUID) -> None:
    """Delete the caller's book within a transaction; raises BookNotFound."""
    # Its tasks before the book: recorders lock them in this order.
    tasks = _tasks(connection, caller.customer_id, book_id)
    cancel_tasks(connection, tasks, caller.actor)
    # A run that comes to its end before it hears of that would leave pictures of no book.
    note_dropped(connection, tasks)
    BookChange(connection, caller).lock(book_id)
    drop_artifacts(connection, [book_id])
    delete_images(connection, caller.customer_id, book_id=book_id)
    connection.execute(_DELETE, [book_id])


def _tasks(connection: Connection[Any], customer_id: UUID, book_id: UUID) -> list[UUID]:
    tasks: list[UUID] = []
    for task_id, created_at in connection.execute(_TASK, [book_id, customer_id]).fetchall():
        tasks += [task_id, *tasks_picturing(connection, customer_id, book_id, created_at)]
    return tasks
