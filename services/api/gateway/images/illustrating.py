"""Pictures of books over HTTP: asking for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.documents.schemas import parse_upload
from gateway.idempotency.route import made_id
from gateway.images.descriptions import chosen_descriptions, descriptions_of_book
from gateway.images.schemas import ForBook, ForDescriptions
from gateway.json_body import read_json
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted
from warren.contracts.artifact import ArtifactRef
from warren.contracts.generated_images import (
    GenerateForBook,
    GenerateForDescriptions,
    PictureOptions,
)
from warren.contracts.job import Job

router = APIRouter(prefix="/api/v1", tags=["images"], route_class=TaskRoute)

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]


@dataclass(frozen=True, slots=True)
class _Asked:
    request: Request
    caller: Caller
    gateway: Gateway
    user_id: str | None
    task_id: UUID


@router.post(
    "/images/for-descriptions",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(ForDescriptions.model_json_schema()),
)
async def picture_descriptions(request: Request, caller: Writer, gateway: App) -> Response:
    """Picture up to 100 descriptions of one's own books; its result tells of each."""
    body = await read_json(request, gateway.settings.max_body_bytes)
    asked = parse_upload(ForDescriptions, body)
    ids = list(dict.fromkeys(asked.description_ids))
    task_id = made_id(request)
    chosen = await chosen_descriptions(gateway, caller.customer_id, ids, task_id)
    job = GenerateForDescriptions(
        descriptions=chosen.file,
        count=len(ids),
        user_id=asked.user_id,
        book_id=chosen.book_id,
        **_options(asked),
    )
    order = _Asked(request, caller, gateway, asked.user_id, task_id)
    return await _accept(order, job, [chosen.file])


@router.post(
    "/books/{book_id}/images",
    status_code=202,
    response_model=TaskAccepted,
    openapi_extra=json_body(ForBook.model_json_schema()),
)
async def picture_book(book_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Picture the best descriptions of one's own book; its result tells of each."""
    asked = parse_upload(ForBook, await read_json(request, gateway.settings.max_body_bytes))
    descriptions = await descriptions_of_book(gateway, caller.customer_id, book_id)
    job = GenerateForBook(
        book_id=book_id,
        descriptions=descriptions,
        limit=asked.limit,
        user_id=asked.user_id,
        **_options(asked),
    )
    order = _Asked(request, caller, gateway, asked.user_id, made_id(request))
    return await _accept(order, job)


async def _accept(asked: _Asked, job: Job, files: Sequence[ArtifactRef] = ()) -> Response:
    submissions = asked.gateway.submissions
    async with submissions.room(asked.caller) as room:
        task = await submissions.compose(
            asked.caller,
            job,
            asked.request.headers.get("traceparent"),
            task_id=asked.task_id,
            artifacts=files,
            user_id=asked.user_id,
        )
        accepted = await asked.gateway.writer.accept(task)
        room.taken_by([accepted])
    return accepted_response(job.kind, accepted)


def _options(asked: PictureOptions) -> dict[str, Any]:
    return asked.model_dump(include=set(PictureOptions.model_fields))
