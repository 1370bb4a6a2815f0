"""Dead letters, for operators: looking at them, and doing something about them."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from psycopg import Connection

from gateway.authentication import Caller, requires
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.dead_letters.resolving import discard_letter, replay_letter
from gateway.dead_letters.schemas import (
    Cause,
    Causes,
    Discard,
    Letter,
    Letters,
    LetterSummary,
    parse_discard,
)
from gateway.dead_letters.selection import LetterFilter
from gateway.described_bodies import json_body
from gateway.idempotency.route import OnceRoute
from gateway.json_body import read_json
from gateway.paging import by_id, cut
from gateway.problems import LetterMoot, LetterResolved, LetterWithoutTask
from gateway.tasks.erased_owners import ensure_not_being_erased
from gateway.tasks.restarting import ensure_may_start

router = APIRouter(prefix="/api/v1/dead-letters", tags=["dead letters"], route_class=OnceRoute)

Operator = Annotated[Caller, Depends(requires(Scope.OPERATE))]
App = Annotated[Gateway, Depends(gateway_of)]
Chosen = Annotated[LetterFilter, Query()]


class LetterPage(LetterFilter):
    """The filter of a list, and which part of it."""

    resolution: Literal["open", "replayed", "discarded", "all"] = "open"
    cursor: str | None = None
    limit: Annotated[int, Query(ge=1, le=500)] = 50


@router.get("")
async def list_letters(page: Annotated[LetterPage, Query()], _: Operator, gateway: App) -> Letters:
    """Dead letters, newest first; the open ones unless `resolution` says otherwise."""
    chosen = LetterFilter.model_validate(page.model_dump(include=set(LetterFilter.model_fields)))
    rows = await gateway.letters.page(chosen, page.resolution, page.cursor, page.limit + 1)
    shown, more = cut(rows, page.limit, by_id)
    return Letters(items=[LetterSummary.model_validate(row) for row in shown], next_cursor=more)


@router.get("/causes")
async def list_causes(chosen: Chosen, _: Operator, gateway: App) -> Causes:
    """Open dead letters grouped by source, kind and error, with counts and a sample of each."""
    rows = await gateway.letters.causes(chosen)
    return Causes(items=[Cause.model_validate(row) for row in rows])


@router.get("/{letter_id}")
async def get_letter(letter_id: UUID, _: Operator, gateway: App) -> Letter:
    """One letter with its message and traceback."""
    return Letter.of(await gateway.letters.letter(letter_id))


@router.post("/{letter_id}/replay")
async def replay(letter_id: UUID, operator: Operator, gateway: App) -> Letter:
    """Start its task's next generation; 409 if that was done, or the task has moved on, or its
    customer is being erased.

    Of `api.erase_customer` for administrators only.
    """
    letter = await _open_letter(gateway, letter_id)
    task_id, generation = letter.task_id, letter.generation
    if task_id is None or generation is None or not await gateway.tasks.exists(task_id):
        raise LetterWithoutTask(
            f"dead letter {letter_id} belongs to no task that could start again; discard it"
        )
    task = await gateway.tasks.any_task(task_id)
    await ensure_may_start(gateway, operator, task["kind"])
    replayed = await gateway.transactions.run(
        lambda connection: _replay(connection, task_id, generation, operator.actor)
    )
    if not replayed:
        raise LetterMoot(f"task {task_id} has moved on: nothing is left to replay")
    return Letter.of(await gateway.letters.letter(letter_id))


@router.post("/{letter_id}/discard", openapi_extra=json_body(Discard.model_json_schema()))
async def discard(letter_id: UUID, request: Request, operator: Operator, gateway: App) -> Letter:
    """Set it aside for good, saying why; its task stays as it is. 409 if something was done."""
    body = parse_discard(await read_json(request, gateway.settings.max_body_bytes))
    await _open_letter(gateway, letter_id)
    discarded = await gateway.transactions.run(
        lambda connection: discard_letter(connection, letter_id, operator.actor, reason=body.reason)
    )
    if not discarded:
        raise LetterResolved(f"dead letter {letter_id} has been resolved in the meantime")
    return Letter.of(await gateway.letters.letter(letter_id))


def _replay(connection: Connection[Any], task_id: UUID, generation: int, actor: str) -> bool:
    ensure_not_being_erased(connection, task_id)
    return replay_letter(connection, task_id, generation, actor)


async def _open_letter(gateway: Gateway, letter_id: UUID) -> Letter:
    letter = Letter.of(await gateway.letters.letter(letter_id))
    if letter.resolution is not None:
        raise LetterResolved(
            f"dead letter {letter_id} was {letter.resolution} by {letter.resolved_by}"
        )
    return letter
