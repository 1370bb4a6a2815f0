"""POST …/bulk and …/bulk-delete: many items in one request; bad ones do not fail the others."""

from collections.abc import Iterator
from typing import IO, Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.awaiting.preference import PARAMETERS, wanted_wait
from gateway.awaiting.route import with_outcome
from gateway.catalogue.bulk_batch import gather_members
from gateway.catalogue.bulk_member import BulkTerms
from gateway.catalogue.bulk_reading import (
    MAX_JSON_BYTES,
    ReadItem,
    read_json_items,
    read_ndjson,
)
from gateway.catalogue.bulk_writing import BulkTally, BulkWriting
from gateway.catalogue.routes import queued_response
from gateway.catalogue.schemas import BulkAccepted, NothingToDo, TaskQueued
from gateway.catalogue.sealing import PARAMETER, sealed_api_key
from gateway.catalogue.spooling import Spooled, spooled_body
from gateway.catalogue.tenant import Tenant, tenant_with
from gateway.customers.keys import Scope
from gateway.idempotency.route import answer_once, made_id
from gateway.problems import FieldError, InvalidFields
from gateway.reconciling.wording import Wording, worded
from gateway.tasks.submission import valid_traceparent
from warren.contracts.catalogue import NDJSON, Action
from warren.contracts.catalogue_item import CatalogueItem
from warren.contracts.states import TaskState

router = APIRouter(prefix="/api/v1/catalogue", tags=["catalogue"])

Writer = Annotated[Tenant, Depends(tenant_with(Scope.TASKS_WRITE))]


def _documented(name: str, element: dict[str, Any], *more: dict[str, Any]) -> dict[str, Any]:
    listed = {"type": "object", "required": [name], "properties": {name: _list_of(element)}}
    content = {"application/json": {"schema": listed}, NDJSON: {"schema": element}}
    return {
        "status_code": 202,
        "response_model": BulkAccepted,
        "responses": {200: {"model": NothingToDo, "description": "Nothing had to be written"}},
        "openapi_extra": {
            "requestBody": {"required": True, "content": content},
            "parameters": [*PARAMETERS, *more],
        },
    }


def _list_of(element: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": element}


@router.post("/{kind}/bulk", **_documented("items", CatalogueItem.model_json_schema(), PARAMETER))
async def upsert_many(
    request: Request,
    tenant: Writer,
    with_embedding: Annotated[bool, Query()] = True,
) -> Response:
    """Write many items: `{"items": […]}` of up to 16 MiB, or NDJSON of any length.

    Refused items are named in the answer, the others go through, in tasks of up to 5,000 documents;
    several tasks make a batch. 422 if not one item can be accepted.
    """
    api_key = sealed_api_key(request, tenant.customer_id)

    def terms(request: Request) -> BulkTerms:
        return BulkTerms(
            tenant,
            made_id(request),
            Action.BULK_UPSERT,
            valid_traceparent(request.headers.get("traceparent")),
            with_embedding,
            api_key,
        )

    return await _answered(request, tenant, "items", terms)


@router.post("/{kind}/bulk-delete", **_documented("ids", {"type": "string"}))
async def delete_many(request: Request, tenant: Writer) -> Response:
    """Delete many items: `{"ids": […]}`, or NDJSON with an id (a JSON text) a line.

    Ids that nobody has written count as `unchanged`.
    """

    def terms(request: Request) -> BulkTerms:
        traceparent = valid_traceparent(request.headers.get("traceparent"))
        return BulkTerms(tenant, made_id(request), Action.BULK_DELETE, traceparent)

    return await _answered(request, tenant, "ids", terms)


async def _answered(request: Request, tenant: Tenant, name: str, terms: Any) -> Response:
    wanted_wait(request, 0.0)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    gateway = tenant.gateway
    room = gateway.item_writes.room
    async with spooled_body(request, gateway.settings, room, tenant.customer_id) as body:

        async def write(request: Request) -> Response:
            await tenant.gateway.submissions.ensure_room(tenant.caller)
            async with tenant.gateway.item_writes.bulks:
                items = await _items(body.file, media_type, name)
                return await _written(request, terms(request), items)

        response = await answer_once(request, _described(body, media_type), write)
    return await with_outcome(request, response)


def _described(body: Spooled, media_type: str) -> bytes:
    return f"{body.sha256} {media_type}".encode()


async def _items(body: IO[bytes], media_type: str, name: str) -> Iterator[ReadItem]:
    body.seek(0)
    if media_type in (NDJSON, "application/jsonl", "application/jsonlines"):
        return read_ndjson(body)

    def read() -> Iterator[ReadItem]:
        return read_json_items(body.read(MAX_JSON_BYTES + 1), name)

    return await to_thread.run_sync(read)


async def _written(request: Request, terms: BulkTerms, items: Iterator[ReadItem]) -> Response:
    writing = BulkWriting(terms)
    tally = await writing.write(items)
    for outcome in ("accepted", "unchanged", "refused"):
        count = getattr(tally, outcome)
        terms.tenant.gateway.item_writes.count(terms.tenant.entity_kind, outcome, count)
    counts = {
        "entity_kind": terms.tenant.entity_kind,
        "accepted": tally.accepted,
        "unchanged": tally.unchanged,
        "repeated": tally.repeated,
        "refused": tally.refused,
        "errors": tally.errors,
    }
    if not tally.members:
        if not tally.unchanged:
            raise InvalidFields(_faults(tally, terms.action))
        return Response(NothingToDo(**counts).model_dump_json(), media_type="application/json")
    task_id = tally.members[0]
    if len(tally.members) > 1:
        task_id = await gather_members(terms, tally.members, writing.entry)
    row = await terms.tenant.gateway.tasks.any_task(task_id)
    message, language = worded(Wording.ITEMS, request.headers.get("accept-language"))
    state = TaskState(row["state"])
    columns = TaskQueued.columns(task_id, row["kind"], state, row["created_at"], message)
    answer = BulkAccepted(**columns, members=tally.members, **counts)
    return queued_response(answer, language)


def _faults(tally: BulkTally, action: Action) -> list[FieldError]:
    if not tally.errors:
        return [FieldError("body", "holds no item")]
    if action is Action.BULK_DELETE:
        return [FieldError(f"ids[{e.position}]", e.message) for e in tally.errors]
    return [FieldError(f"items[{e.position}].{e.field}", e.message) for e in tally.errors]
