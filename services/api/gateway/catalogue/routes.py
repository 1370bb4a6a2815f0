"""Single items of a catalogue: writing, deleting and reading them."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.awaiting.route import TaskRoute
from gateway.catalogue.changes import ItemChange, ItemWritten
from gateway.catalogue.clearing import clear
from gateway.catalogue.items import InvalidItem, ValidItem, valid_id, valid_item
from gateway.catalogue.reading import item_row, item_rows
from gateway.catalogue.schemas import (
    DeletionAccepted,
    ItemList,
    ItemView,
    SyncState,
    TaskQueued,
    Unchanged,
    WriteAccepted,
)
from gateway.catalogue.sealing import PARAMETER, sealed_api_key
from gateway.catalogue.tenant import Tenant, tenant_with
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.idempotency.route import made_id
from gateway.json_body import read_json
from gateway.paging import by_id, cut
from gateway.problems import FieldError, InvalidFields
from gateway.reconciling.wording import Wording, worded
from warren.contracts.catalogue import Action, CatalogueJob, catalogue_job
from warren.contracts.catalogue_item import CatalogueItem
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/catalogue", tags=["catalogue"], route_class=TaskRoute)

Reader = Annotated[Tenant, Depends(tenant_with(Scope.TASKS_READ))]
Writer = Annotated[Tenant, Depends(tenant_with(Scope.TASKS_WRITE))]
_UNCHANGED: dict[int | str, dict[str, Any]] = {
    200: {"model": Unchanged, "description": "The index has just this already"}
}


@router.put(
    "/{kind}/{item_id}",
    status_code=202,
    response_model=WriteAccepted,
    responses=_UNCHANGED,
    openapi_extra={**json_body(CatalogueItem.model_json_schema()), "parameters": [PARAMETER]},
)
async def upsert_item(
    item_id: str,
    request: Request,
    tenant: Writer,
    with_embedding: Annotated[bool, Query()] = True,
) -> Response:
    """Write an item: 202 once its new version and the task that indexes it are committed.

    The body is the item; its `id` may be left out. The header X-Embedding-Api-Key brings the key of
    one's own embedding provider, which is sealed at once. 200 with `unchanged` if the index has
    just this content.
    """
    given = await read_json(request, tenant.gateway.settings.max_body_bytes)
    content = _content(item_id, given, tenant.customer_id)
    job = catalogue_job(Action.UPSERT, tenant.entity_kind)(
        customer_id=tenant.customer_id,
        id=content.id,
        entity_version=1,
        content_hash=content.content_hash,
        item=content.item,
        with_embedding=with_embedding,
        api_key=sealed_api_key(request, tenant.customer_id),
    )
    return await _written(request, tenant, job, content, with_embedding=with_embedding)


@router.delete(
    "/{kind}/{item_id}", status_code=202, response_model=WriteAccepted, responses=_UNCHANGED
)
async def delete_item(item_id: str, request: Request, tenant: Writer) -> Response:
    """Delete an item: 202 once its tombstone and the task that follows are committed.

    404 for one that nobody has written; 200 with `unchanged` if the index no longer shows it.
    """
    job = catalogue_job(Action.DELETE, tenant.entity_kind)(
        customer_id=tenant.customer_id, id=_id(item_id), entity_version=1
    )
    return await _written(request, tenant, job, None, with_embedding=False)


@router.delete("/{kind}", status_code=202, response_model=DeletionAccepted)
async def delete_everything(
    request: Request,
    tenant: Writer,
    confirm: Annotated[bool, Query(description="must be true")] = False,
) -> Response:
    """Delete all of the customer's items of this kind: gone from every search at once."""
    if not confirm:
        what = "must be true to delete everything of this kind"
        raise InvalidFields([FieldError("confirm", what)])
    cleared = await clear(tenant, made_id(request), request.headers.get("traceparent"))
    message, language = worded(Wording.ITEMS, request.headers.get("accept-language"))
    columns = TaskQueued.columns(
        cleared.task_id, cleared.kind, TaskState.PENDING, datetime.now(UTC), message
    )
    answer = DeletionAccepted(**columns, entity_kind=tenant.entity_kind, floor=cleared.floor)
    return queued_response(answer, language)


@router.get("/{kind}/{item_id}")
async def get_item(item_id: str, tenant: Reader) -> ItemView:
    """The item as its customer wants it, and how far the index has followed."""
    return ItemView.of(await item_row(tenant, item_id))


@router.get("/{kind}")
async def list_items(
    tenant: Reader,
    sync: SyncState | None = None,
    cursor: Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> ItemList:
    """Items by their ids; `sync` chooses those that are indexed, pending or have failed."""
    shown, more = cut(await item_rows(tenant, sync, cursor, limit + 1), limit, by_id)
    return ItemList(items=[ItemView.of(row) for row in shown], next_cursor=more)


def _content(item_id: str, given: dict[str, object], customer_id: UUID) -> ValidItem:
    named = given.get("id")
    if named is not None and named != item_id:
        raise InvalidFields([FieldError("id", "must be that of the address, or left out")])
    try:
        return valid_item({**given, "id": item_id}, customer_id)
    except InvalidItem as error:
        raise InvalidFields(error.errors) from error


def _id(given: str) -> str:
    try:
        return valid_id(given)
    except InvalidItem as error:
        raise InvalidFields(error.errors) from error


async def _written(
    request: Request,
    tenant: Tenant,
    job: CatalogueJob,
    content: ValidItem | None,
    *,
    with_embedding: bool,
) -> Response:
    submissions = tenant.gateway.submissions
    await submissions.ensure_room(tenant.caller)
    task_id = made_id(request)
    traceparent = request.headers.get("traceparent")
    task = await submissions.compose(tenant.caller, job, traceparent, task_id=task_id)
    item_id = job.model_dump(include={"id"})["id"]
    change = ItemChange(
        tenant.customer_id, tenant.entity_kind, item_id, content, with_embedding, job, task
    )
    written = await tenant.gateway.item_writes.commits.submit(change)
    outcome = "unchanged" if written.accepted is None else "accepted"
    tenant.gateway.item_writes.count(tenant.entity_kind, outcome)
    if written.accepted is not None:
        submissions.note_accepted(tenant.caller, written.accepted)
    return _answer(request, change, written)


def _answer(request: Request, change: ItemChange, written: ItemWritten) -> Response:
    same = {"id": change.id, "entity_kind": change.entity_kind, "version": written.version}
    if written.accepted is None:
        return Response(Unchanged(**same).model_dump_json(), media_type="application/json")
    accepted, state = written.accepted, TaskState(written.accepted.state)
    message, language = worded(Wording.ITEMS, request.headers.get("accept-language"))
    columns = TaskQueued.columns(
        accepted.task_id, change.job.kind, state, accepted.created_at, message
    )
    return queued_response(WriteAccepted(**{**columns, **same}), language)


def queued_response(answer: TaskQueued, language: str) -> Response:
    """202 with where to go on."""
    return Response(
        answer.model_dump_json(),
        202,
        headers={"Location": answer.urls.task, "Content-Language": language},
        media_type="application/json",
    )
