"""FAQs over HTTP: adding, changing and deleting them. Import and export: faqs/exchanging.py."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from gateway.authentication import Caller, requires
from gateway.awaiting.route import TaskRoute
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.faqs.queries import FaqQueries
from gateway.faqs.schemas import (
    FaqAccepted,
    FaqBody,
    FaqList,
    FaqsDeleted,
    FaqView,
    FileView,
    parse_faq,
)
from gateway.faqs.writing import NewFaq, delete_all_faqs, delete_faq, put_faq
from gateway.idempotency.route import made_id
from gateway.json_body import read_json
from gateway.paging import Limit, Search, by_id, cut, id_below
from gateway.problems import ArtifactNotFound
from gateway.reconciling.confirming import ensure_confirmed
from gateway.reconciling.entities import SyncState
from gateway.reconciling.schemas import SyncView, accepted_answer
from gateway.reconciling.wording import Wording
from gateway.reconciling.writing import write_change
from gateway.tasks.submission import valid_traceparent
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import derived_id

router = APIRouter(prefix="/api/v1", tags=["faqs"], route_class=TaskRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": FaqBody.model_json_schema()}},
    }
}


@router.post("/mobile-faq", status_code=202, response_model=FaqAccepted, openapi_extra=_BODY)
async def create_faq(request: Request, caller: Writer, gateway: App) -> Response:
    """Add a question with its answer, and files that one has uploaded as artifacts."""
    faq_id = made_id(request)
    new = await _faq(request, caller, gateway, faq_id)
    task_id = derived_id(faq_id, "task")
    written = await write_change(
        gateway,
        caller,
        _trace(request),
        lambda writing: put_faq(writing, new, task_id, replaces=False),
    )
    return accepted_answer(
        request,
        FaqAccepted,
        Wording.FAQ_CREATED,
        task_id,
        written.version,
        entity_id=faq_id,
        faq_id=faq_id,
    )


@router.put(
    "/mobile-faq/{faq_id}", status_code=202, response_model=FaqAccepted, openapi_extra=_BODY
)
async def update_faq(faq_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Replace question, answer and files."""
    new = await _faq(request, caller, gateway, faq_id)
    task_id = derived_id(made_id(request), "task")
    written = await write_change(
        gateway,
        caller,
        _trace(request),
        lambda writing: put_faq(writing, new, task_id, replaces=True),
    )
    return accepted_answer(
        request,
        FaqAccepted,
        Wording.FAQ_UPDATED,
        task_id,
        written.version,
        entity_id=faq_id,
        faq_id=faq_id,
    )


@router.delete("/mobile-faq/{faq_id}", status_code=202, response_model=FaqAccepted)
async def delete_one(faq_id: UUID, request: Request, caller: Writer, gateway: App) -> Response:
    """Delete it here at once, and from the chatbot as soon as it is there."""
    task_id = derived_id(made_id(request), "task")
    written = await write_change(
        gateway, caller, _trace(request), lambda writing: delete_faq(writing, faq_id, task_id)
    )
    return accepted_answer(
        request,
        FaqAccepted,
        Wording.FAQ_DELETED,
        task_id,
        written.version,
        entity_id=faq_id,
        faq_id=faq_id,
    )


@router.delete("/mobile-faqs", status_code=202, response_model=FaqsDeleted)
async def delete_all(
    request: Request, caller: Writer, gateway: App, confirm: bool = False
) -> Response:
    """Delete all of one's FAQs; `confirm=true` says that this is meant."""
    ensure_confirmed(confirm)
    task_id = derived_id(made_id(request), "task")
    written = await write_change(
        gateway, caller, _trace(request), lambda writing: delete_all_faqs(writing, task_id)
    )
    return accepted_answer(
        request,
        FaqsDeleted,
        Wording.FAQS_DELETED,
        task_id,
        written.version,
        deleted=written.deleted,
    )


@router.get("/mobile-faqs")
async def list_faqs(
    caller: Reader,
    gateway: App,
    search: Search = None,
    sync: SyncState | None = None,
    cursor: str | None = None,
    limit: Limit = 50,
) -> FaqList:
    """One's own FAQs, newest first; `search` looks into questions and answers."""
    below = id_below(cursor)
    rows = await FaqQueries(gateway.pool).page(caller.customer_id, sync, search, below, limit + 1)
    shown, more = cut(rows, limit, by_id)
    return FaqList(items=[_view(gateway, row) for row in shown], next_cursor=more)


@router.get("/mobile-faq/{faq_id}")
async def get_faq(faq_id: UUID, caller: Reader, gateway: App) -> FaqView:
    """One FAQ, and how far the chatbot is in step with it."""
    return _view(gateway, await FaqQueries(gateway.pool).one(caller.customer_id, faq_id))


async def _faq(request: Request, caller: Caller, gateway: Gateway, faq_id: UUID) -> NewFaq:
    body = parse_faq(await read_json(request, gateway.settings.max_body_bytes))
    files = await _files(gateway, caller, body.files)
    return NewFaq(faq_id, body.question, body.answer, files)


async def _files(gateway: Gateway, caller: Caller, ids: Sequence[UUID]) -> list[ArtifactRef]:
    references = gateway.submissions.payloads.references
    found = await references.of(caller.customer_id, set(ids))
    for place, artifact_id in enumerate(ids):
        if artifact_id not in found:
            message = f"names an artifact that you do not have: {artifact_id}"
            raise ArtifactNotFound.at(f"files[{place}]", message)
    return [found[artifact_id] for artifact_id in dict.fromkeys(ids)]


def _view(gateway: Gateway, row: dict[str, Any]) -> FaqView:
    files = []
    for item in row["files"]:
        link = gateway.links.link(UUID(item["id"]))
        same = {name: item[name] for name in ("name", "media_type", "size")}
        files.append(
            FileView(artifact_id=item["id"], url=link.url, expires_at=link.expires_at, **same)
        )
    derived = {**SyncView.columns(row), "files": files}
    others = set(FaqView.model_fields) - set(derived)
    return FaqView(**derived, **{name: row[name] for name in others})


def _trace(request: Request) -> str | None:
    return valid_traceparent(request.headers.get("traceparent"))
