"""Schedules over HTTP: /api/v1/schedules."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.addresses import API, public
from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.described_bodies import json_body
from gateway.idempotency.route import OnceRoute, made_id
from gateway.json_body import read_json
from gateway.paging import by_id, cut, id_after
from gateway.scheduling.changing import change_schedule, create_schedule, delete_schedule
from gateway.scheduling.firing import OrderedRunWriter
from gateway.scheduling.queries import ScheduleQueries
from gateway.scheduling.record import StoredSchedule
from gateway.scheduling.schemas import ScheduleBody, ScheduleChange, ScheduleList, ScheduleView
from gateway.tasks.routes import accepted_response
from gateway.tasks.schemas import TaskAccepted

router = APIRouter(prefix="/api/v1/schedules", tags=["schedules"], route_class=OnceRoute)

Reader = Annotated[Caller, Depends(requires(Scope.TASKS_READ))]
Writer = Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))]
App = Annotated[Gateway, Depends(gateway_of)]


@router.get("")
async def list_schedules(
    caller: Reader,
    gateway: App,
    kind: str | None = None,
    cursor: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> ScheduleList:
    """One's own schedules; for operators everybody's, and those that workers announce."""
    after = id_after(cursor)
    rows = await ScheduleQueries(gateway.pool).page(caller, after, limit + 1, kind)
    shown, more = cut(rows, limit, by_id)
    return ScheduleList(items=[ScheduleView.of(row) for row in shown], next_cursor=more)


@router.post(
    "",
    status_code=201,
    response_model=ScheduleView,
    openapi_extra=json_body(ScheduleBody.model_json_schema()),
)
async def create(request: Request, caller: Writer, gateway: App) -> Response:
    """Make a schedule of one's own: a task of `kind` at each of its times."""
    body = await read_json(request, gateway.settings.max_body_bytes)
    schedule_id = made_id(request)
    await create_schedule(gateway, caller, schedule_id, body)
    view = await _view(gateway, caller, str(schedule_id))
    return Response(
        view.model_dump_json(),
        201,
        headers={"Location": public(f"{API}/schedules/{schedule_id}")},
        media_type="application/json",
    )


@router.get("/{schedule}")
async def get_schedule(schedule: str, caller: Reader, gateway: App) -> ScheduleView:
    """One schedule, by id or name, with its next and its last run."""
    return await _view(gateway, caller, schedule)


@router.patch("/{schedule}", openapi_extra=json_body(ScheduleChange.model_json_schema()))
async def change(schedule: str, request: Request, caller: Writer, gateway: App) -> ScheduleView:
    """Enable, disable or change it; one that a worker announces can only be switched.

    What was missed while it was disabled is not made up for.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    await change_schedule(gateway, caller, schedule, body)
    return await _view(gateway, caller, schedule)


@router.delete("/{schedule}", status_code=204)
async def delete(schedule: str, caller: Writer, gateway: App) -> None:
    """Delete it; its tasks stay. 409 for one that a worker announces: disable that instead."""
    await delete_schedule(gateway, caller, schedule)


@router.post("/{schedule}/run", status_code=202, response_model=TaskAccepted)
async def run(schedule: str, request: Request, caller: Writer, gateway: App) -> Response:
    """Submit its task now, also while it is disabled; its times stay as they are."""
    stored = StoredSchedule.of(await ScheduleQueries(gateway.pool).find(caller, schedule))
    if not stored.is_announced:
        # It may have been made by a key of the same customer that may do more.
        await gateway.catalogue.find(stored.kind, caller)
    writer = OrderedRunWriter(gateway.pool, stored, caller.actor)
    submissions = replace(gateway.submissions, writer=writer)
    accepted = await submissions.submit(
        stored.caller(caller.actor),
        stored.envelope(),
        request.headers.get("traceparent"),
        task_id=made_id(request),
    )
    return accepted_response(stored.kind, accepted)


async def _view(gateway: Gateway, caller: Caller, reference: str) -> ScheduleView:
    return ScheduleView.of(await ScheduleQueries(gateway.pool).find(caller, reference))
