"""FAQs as files over HTTP: import, how far one is, and export."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from gateway.artifacts.naming import attachment
from gateway.authentication import Caller, requires
from gateway.awaiting.preference import PARAMETERS
from gateway.awaiting.route import with_outcome
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.faqs.exporting import TableFormat, exported
from gateway.faqs.importing import WrittenImport, import_faqs
from gateway.faqs.parsing import read_file
from gateway.faqs.planning import plan_import
from gateway.faqs.queries import FaqQueries
from gateway.faqs.schemas import ImportAccepted, ImportChecked, ImportView
from gateway.faqs.uploads import received_table
from gateway.idempotency.route import answer_once, made_id
from gateway.reconciling.schemas import accepted_answer
from gateway.reconciling.wording import Wording
from gateway.reconciling.writing import write_change
from gateway.tasks.submission import valid_traceparent

#: A file is not held in memory to be sure that it is done once (gateway/idempotency/route.py).
router = APIRouter(prefix="/api/v1/mobile-faq", tags=["faqs"])

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]
_BODY = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": {"type": "string", "format": "binary"}},
                "required": ["file"],
            }
        },
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
    },
}


@router.post(
    "/import",
    status_code=202,
    response_model=ImportAccepted,
    responses={200: {"model": ImportChecked, "description": "A dry run, or nothing to be done"}},
    openapi_extra={"requestBody": _BODY, "parameters": PARAMETERS},
)
async def import_file(
    request: Request, caller: Writer, gateway: App, dry_run: bool = False
) -> Response:
    """Add and change FAQs by a csv, xlsx or json file of at most 10 MB.

    All rows are checked before anything is written; 422 names each that is wrong. Columns are
    question and answer, and if need be id (of the FAQ that is changed) and files (ids of
    artifacts). `dry_run` tells what would be done.
    """
    async with received_table(request, gateway) as received:
        rows = await read_file(received.path, received.table_format)
    described = f"{received.sha256} {received.table_format}"

    async def write(request: Request) -> Response:
        return await _import(request, caller, gateway, rows, dry_run=dry_run)

    return await with_outcome(request, await answer_once(request, described.encode(), write))


@router.get("/import/{import_id}")
async def get_import(import_id: UUID, caller: Reader, gateway: App) -> ImportView:
    """How far the FAQs of an import are, and which of its rows the chatbot has refused."""
    found = await FaqQueries(gateway.pool).an_import(caller.customer_id, import_id)
    return ImportView(import_id=import_id, **found)


@router.get("/export", response_class=Response, responses={200: {"content": {"*/*": {}}}})
async def export(
    caller: Reader,
    gateway: App,
    table_format: Annotated[TableFormat, Query(alias="format")] = TableFormat.CSV,
) -> Response:
    """All of one's FAQs, as an import reads them back; no spreadsheet runs what they say."""
    pieces = exported(FaqQueries(gateway.pool).all(caller.customer_id), table_format)
    # What goes wrong before this is there is answered as an error, and later cuts the answer off.
    first = await anext(pieces)

    async def content() -> AsyncIterator[bytes]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    headers = {
        "Content-Disposition": attachment(f"faqs.{table_format.value}"),
        "X-Content-Type-Options": "nosniff",
        "Content-Type": table_format.media_type,
    }
    return StreamingResponse(content(), headers=headers)


async def _import(
    request: Request, caller: Caller, gateway: Gateway, rows: list[dict[str, Any]], *, dry_run: bool
) -> Response:
    import_id = made_id(request)
    if dry_run:
        plan = await gateway.transactions.run(
            lambda connection: plan_import(connection, caller.customer_id, import_id, rows)
        )
        return JSONResponse(ImportChecked(**plan.report()).model_dump(mode="json"))
    trace = valid_traceparent(request.headers.get("traceparent"))
    store = gateway.artifacts.store
    written: WrittenImport = await write_change(
        gateway, caller, trace, lambda writing: import_faqs(writing, store, import_id, rows)
    )
    if written.task_id is None:
        nothing = ImportChecked(dry_run=False, **written.report)
        return JSONResponse(nothing.model_dump(mode="json"))
    return accepted_answer(
        request,
        ImportAccepted,
        Wording.FAQS_IMPORTED,
        written.task_id,
        written.version,
        import_id=import_id,
        task_ids=written.task_ids,
        **written.report,
    )
