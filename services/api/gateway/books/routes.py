"""Books over HTTP: uploading, planning, starting. Reading them: books/reading.py."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.preference import PARAMETERS
from gateway.awaiting.route import TaskRoute, with_outcome
from gateway.books.issuing import BookIssuing, issue
from gateway.books.jobs import locations_of, planning, processing, selection_of
from gateway.books.queries import BookQueries
from gateway.books.schemas import (
    BookAccepted,
    BookOptions,
    LocationsRequest,
    PlanChange,
    PlanView,
    SelectionRequest,
    parse_fields,
)
from gateway.books.uploads import ReceivedBook, receive_book
from gateway.books.views import plan_view
from gateway.books.writing import BookChange
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import form_body, json_body
from gateway.idempotency.route import answer_once, made_id
from gateway.json_body import parse_object, read_body, read_json
from warren.contracts.artifact import ArtifactRef
from warren.contracts.books import CacheFile
from warren.contracts.ids import derived_id

_PREFIX = "/api/v1/books"
router = APIRouter(prefix=_PREFIX, tags=["books"], route_class=TaskRoute)
#: A file is not held in memory to be sure that it is done once (gateway/idempotency/route.py).
uploads = APIRouter(prefix=_PREFIX, tags=["books"])

Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]

_FILE_BODY = form_body(
    {
        "title": {"type": "string", "maxLength": 500},
        "language": {"enum": ["ru", "en"]},
        "user_id": {"type": "string", "maxLength": 200},
        "start": {"type": "boolean", "default": True},
        "plan": {"type": "boolean", "default": False},
        "options": {"type": "string", "description": "an object, as JSON"},
        **BookOptions.model_json_schema()["properties"],
    },
    [],
)


@uploads.post(
    "",
    status_code=202,
    response_model=BookAccepted,
    openapi_extra={**_FILE_BODY, "parameters": PARAMETERS},
)
async def upload_book(request: Request, caller: Writer, gateway: App) -> Response:
    """Add a book (EPUB, FB2 or plain text, at most 100 MB) and process it.

    With `plan=true`, or `start=false`, it is only read: see its plan, change it, and start it then.
    """
    received = await receive_book(request, gateway)

    async def put(request: Request) -> Response:
        return await _put(request, caller, gateway, received)

    described = f"{received.file.sha256} {received.file.name} {received.upload.model_dump_json()}"
    return await with_outcome(request, await answer_once(request, described.encode(), put))


@router.put(
    "/{book_id}/plan",
    response_model=PlanView,
    openapi_extra=json_body(PlanChange.model_json_schema()),
)
async def change_plan(book_id: UUID, request: Request, caller: Writer, gateway: App) -> PlanView:
    """Say which chapters are to be analysed, or what they are; 409 while a task works on it."""
    body = await read_json(request, gateway.settings.max_body_bytes)
    change = parse_fields(PlanChange, body)
    await gateway.transactions.run(
        lambda connection: BookChange(connection, caller).plan(book_id, change)
    )
    return await plan_view(gateway, caller.customer_id, book_id)


@router.post("/{book_id}/start", status_code=202, response_model=BookAccepted)
async def start_book(book_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Process the book as its plan says; also again. 409 while a task works on it."""
    queries = BookQueries(gateway.pool)
    book = await queries.one(caller.customer_id, book_id)
    file = await gateway.artifacts.find(book["file_id"], caller.customer_id)
    job = processing(book, file, await queries.chapters(book_id))
    issuing = BookIssuing(gateway, caller, request)
    task_id = await issuing.accept(
        job, book["user_id"], lambda change, task: change.start(book_id, task)
    )
    return issuing.accepted(book_id, job.kind, task_id)


@router.post(
    "/{book_id}/locations",
    status_code=202,
    response_model=BookAccepted,
    openapi_extra=json_body(LocationsRequest.model_json_schema(), required=False),
)
async def make_locations(book_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Make the reading positions anew: so many, or one every so many characters."""
    wanted = parse_fields(LocationsRequest, await _optional_body(request, gateway))
    book, file = await _book_and_file(gateway, caller, book_id)
    return await issue(gateway, caller, request, book, locations_of(book_id, file, wanted))


@router.post("/{book_id}/cache", status_code=202, response_model=BookAccepted)
async def cache_book(book_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Keep a compressed copy of the file for a day."""
    book, file = await _book_and_file(gateway, caller, book_id)
    return await issue(gateway, caller, request, book, CacheFile(book_id=book_id, file=file))


@router.post(
    "/{book_id}/selection",
    status_code=202,
    response_model=BookAccepted,
    openapi_extra=json_body(SelectionRequest.model_json_schema(), required=False),
)
async def select_descriptions(
    book_id: UUID, request: Request, caller: Writer, gateway: App
) -> Response:
    """Choose the best descriptions, from as many chapters as possible, as a task."""
    wanted = parse_fields(SelectionRequest, await _optional_body(request, gateway))
    book = await BookQueries(gateway.pool).one(caller.customer_id, book_id)
    job = await selection_of(gateway, caller, book, wanted.limit)
    return await issue(gateway, caller, request, book, job)


async def _put(
    request: Request, caller: Caller, gateway: Gateway, received: ReceivedBook
) -> Response:
    book_id = made_id(request)
    file = received.file.model_copy(update={"id": derived_id(book_id, "file")})
    received = replace(received, file=file)
    customer = caller.customer_id
    job = planning(customer, book_id, file) if received.upload.waits else None
    job = job or processing(_as_row(customer, book_id, received), file, [])
    issuing = BookIssuing(gateway, caller, request)
    task_id = await issuing.accept(
        job,
        received.upload.user_id,
        lambda change, task: change.put(book_id, received, task),
        [received.file.sha256],
    )
    return issuing.accepted(book_id, job.kind, task_id)


def _as_row(customer_id: UUID, book_id: UUID, received: ReceivedBook) -> dict[str, Any]:
    options = received.upload.options.model_dump(mode="json", exclude_none=True)
    return {
        "id": book_id,
        "customer_id": customer_id,
        "language": received.upload.language,
        "options": options,
    }


async def _book_and_file(
    gateway: Gateway, caller: Caller, book_id: UUID
) -> tuple[dict[str, Any], ArtifactRef]:
    book = await BookQueries(gateway.pool).one(caller.customer_id, book_id)
    return book, await gateway.artifacts.find(book["file_id"], caller.customer_id)


async def _optional_body(request: Request, gateway: Gateway) -> dict[str, Any]:
    body = await read_body(request, gateway.settings.max_body_bytes)
    return parse_object(body) if body.strip() else {}
