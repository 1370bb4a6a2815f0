"""Accepting the tasks of books, and the answer to whoever asked for them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from fastapi import Request
from fastapi.responses import Response
from psycopg import Connection

from gateway.addresses import API, public
from gateway.authentication import Caller
from gateway.books.schemas import BookAccepted
from gateway.books.writing import BookChange
from gateway.composition import Gateway
from gateway.customers.holding import hold_key
from gateway.idempotency.route import made_id
from gateway.tasks.acceptance import NewTask
from gateway.tasks.schemas import TaskUrls
from gateway.tasks.shared_commits import not_storable
from gateway.tasks.submission import valid_traceparent
from warren.contracts.ids import derived_id
from warren.contracts.job import Job


@dataclass(frozen=True, slots=True)
class BookIssuing:
    """One request's way from a job to a task beside a book."""

    gateway: Gateway
    caller: Caller
    request: Request

    async def accept(
        self,
        job: Job,
        user_id: str | None,
        change: Callable[[BookChange, NewTask], None],
        contents: Collection[str] = (),
    ) -> UUID:
        """Commit the task of a job with what `change` writes beside it, or nothing; returns its id.

        `contents` (SHA-256) were stored for that. Raises ServiceNotThere, BacklogFull,
        TooManyWaiting, QuotaUsedUp, KeyGone, and what `change` raises.
        """
        async with self.gateway.submissions.room(self.caller) as room:
            task = await self._composed(job, user_id)
            await self._write(lambda written: change(written, task), contents)
            room.new = 1
        return task.id

    async def _composed(self, job: Job, user_id: str | None) -> NewTask:
        return await self.gateway.submissions.compose(
            self.caller,
            job,
            valid_traceparent(self.request.headers.get("traceparent")),
            task_id=derived_id(made_id(self.request), "task"),
            user_id=user_id,
        )

    async def _write(self, change: Callable[[BookChange], None], contents: Collection[str]) -> None:
        def write(connection: Connection[Any]) -> None:
            hold_key(connection, self.caller, contents)
            change(BookChange(connection, self.caller))

        try:
            await self.gateway.transactions.run(write)
        except psycopg.DataError as error:
            raise not_storable("body", error) from error

    def accepted(self, book_id: UUID, kind: str, task_id: UUID) -> Response:
        """202 with where to go on."""
        urls = TaskUrls.of(task_id)
        book_url = public(f"{API}/books/{book_id}")
        answer = BookAccepted(
            book_id=book_id, task_id=task_id, kind=kind, urls=urls, book_url=book_url
        )
        return Response(
            answer.model_dump_json(),
            202,
            headers={"Location": urls.task},
            media_type="application/json",
        )


async def issue(
    gateway: Gateway, caller: Caller, request: Request, book: dict[str, Any], job: Job
) -> Response:
    """Accept a job about a book that stays as it is meanwhile."""
    issuing = BookIssuing(gateway, caller, request)
    task_id = await issuing.accept(
        job, book["user_id"], lambda change, task: change.accept_about(book["id"], task)
    )
    return issuing.accepted(book["id"], job.kind, task_id)
