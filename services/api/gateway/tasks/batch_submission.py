"""POST /api/v1/tasks/batch: many submissions, all accepted or none."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from psycopg import AsyncConnection
from psycopg.rows import DictRow
from pydantic import BaseModel

from gateway.authentication import Caller, requires
from gateway.batches.opening import ADD_MEMBERS, OPEN_BATCH, callers_batch, member_rows
from gateway.composition import Gateway, gateway_of
from gateway.customers.keys import Scope
from gateway.idempotency.route import OnceRoute, made_id
from gateway.json_body import read_json
from gateway.problems import FieldError, InvalidFields, Problem
from gateway.tasks.acceptance import Acceptance, NewTask
from gateway.tasks.envelope import Envelope, parse_envelope
from gateway.tasks.schemas import TaskAccepted, urls_of
from gateway.tasks.submission import Submissions
from gateway.webhooks.batch_webhook import batch_webhook, set_webhook
from gateway.webhooks.task_webhook import TaskWebhook
from warren.contracts.ids import derived_id
from warren.contracts.submission import MAX_BATCH

router = APIRouter(prefix="/api/v1/tasks", tags=["tasks"], route_class=OnceRoute)

_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_BATCH,
            "items": Envelope.model_json_schema(),
        },
        "webhook": TaskWebhook.model_json_schema(),
    },
}


class BatchAccepted(BaseModel):
    """The answer to many submissions, in their order: all of them are committed.

    `batch_id` is a task whose members they are; null without `batch`, or if nothing was new.
    """

    batch_id: UUID | None
    items: list[TaskAccepted]


@router.post(
    "/batch",
    status_code=202,
    response_model=BatchAccepted,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}}
    },
)
async def submit_batch(
    request: Request,
    caller: Annotated[Caller, Depends(requires(Scope.TASKS_WRITE))],
    gateway: Annotated[Gateway, Depends(gateway_of)],
    batch: Annotated[bool, Query(description="make them members of a batch")] = True,
) -> Response:
    """Accept up to 1,000 tasks in one transaction: 202 once they are committed.

    They become members of the batch `batch_id`, which is followed, cancelled and retried like a
    task (/api/v1/batches/{batch_id}/members lists them); `batch=false` saves counting their ends.
    `webhook` is told when the last of them has ended.

    Each item is what POST /api/v1/tasks takes. A refusal names the item (`items[3].payload.text`)
    and leaves none of them behind. An item whose `unique_key` a live task has is answered with
    that task and `unique: true`.
    """
    body = await read_json(request, gateway.settings.max_body_bytes)
    envelopes = parse_items(body, "webhook")
    webhook = await _webhook(gateway, caller, body, batch=batch)
    submission = _Submission(gateway, caller, request.headers.get("traceparent"), webhook)
    made = made_id(request)
    accepted, batch_id = await submission.submit(envelopes, made, batch=batch)
    return batch_answer(batch_id, [envelope.kind for envelope in envelopes], accepted)


def batch_answer(
    batch_id: UUID | None, kinds: Sequence[str], accepted: Sequence[Acceptance]
) -> Response:
    """A `BatchAccepted` of these tasks."""
    items = [_accepted(kind, one) for kind, one in zip(kinds, accepted, strict=True)]
    answer = orjson.dumps({"batch_id": batch_id, "items": items}, option=orjson.OPT_UTC_Z)
    return Response(answer, 202, media_type="application/json")


def _accepted(kind: str, acceptance: Acceptance) -> dict[str, Any]:
    """What a `TaskAccepted` says, without making one: there may be a thousand."""
    return {
        "task_id": acceptance.task_id,
        "kind": kind,
        "status": acceptance.state,
        "created_at": acceptance.created_at,
        "unique": acceptance.unique,
        "urls": urls_of(acceptance.task_id),
    }


def parse_items(body: dict[str, Any], *others: str) -> list[Envelope]:
    """Check everything but the payloads, and that nothing but `others` stands beside them.

    Raises InvalidFields.
    """
    unknown = sorted(set(body) - {"items", *others})
    if unknown:
        known = ", ".join(["items", *others])
        raise InvalidFields([FieldError(unknown[0], f"is not known; known are {known}")])
    items = body.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_BATCH:
        raise InvalidFields([FieldError("items", f"must be a list of 1 to {MAX_BATCH} tasks")])
    return [_envelope(number, item) for number, item in enumerate(items)]


def _envelope(number: int, item: Any) -> Envelope:
    if not isinstance(item, dict):
        raise InvalidFields([FieldError(f"items[{number}]", "must be an object")])
    try:
        return parse_envelope(item)
    except Problem as problem:
        raise of_item(number, problem) from problem


@dataclass(frozen=True, slots=True)
class _Submission:
    gateway: Gateway
    caller: Caller
    traceparent: str | None
    webhook: TaskWebhook | None

    async def submit(
        self, envelopes: Sequence[Envelope], made: UUID, *, batch: bool
    ) -> tuple[list[Acceptance], UUID | None]:
        async with self.gateway.submissions.room(self.caller, len(envelopes)) as room:
            together = await self.gateway.submissions.for_many(self.caller, envelopes)
            tasks = [
                await self._prepare(together, number, envelope, derived_id(made, f"item:{number}"))
                for number, envelope in enumerate(envelopes)
            ]
            batch_id = derived_id(made, "batch")
            opening = _Opening(batch_id, self.caller, tasks, self.webhook) if batch else None
            beside = opening.write if opening else None
            accepted = await self.gateway.writer.accept_together(tasks, beside)
            room.taken_by(accepted)
        is_open = opening is not None and any(not acceptance.unique for acceptance in accepted)
        return accepted, batch_id if is_open else None

    async def _prepare(
        self, together: Submissions, number: int, envelope: Envelope, task_id: UUID
    ) -> NewTask:
        try:
            return await together.prepare(self.caller, envelope, self.traceparent, task_id=task_id)
        except Problem as problem:
            raise of_item(number, problem) from problem


@dataclass(frozen=True, slots=True)
class _Opening:
    """The batch of what is new; written again with the same tasks it stays as it is."""

    batch_id: UUID
    caller: Caller
    tasks: Sequence[NewTask]
    webhook: TaskWebhook | None

    async def write(
        self, connection: AsyncConnection[DictRow], answers: dict[UUID, Acceptance]
    ) -> None:
        new = [task.id for task in self.tasks if not answers[task.id].unique]
        if new:
            opening = callers_batch(self.batch_id, self.caller, len(new))
            await connection.execute(OPEN_BATCH, opening)
            await set_webhook(connection, self.batch_id, self.webhook)
            rows = member_rows(self.batch_id, 0, new)
            await connection.execute(ADD_MEMBERS, {"rows": rows})


async def _webhook(
    gateway: Gateway, caller: Caller, body: dict[str, Any], *, batch: bool
) -> TaskWebhook | None:
    webhook = batch_webhook(body.get("webhook"))
    if webhook is not None and not batch:
        raise InvalidFields([FieldError("webhook", "is told of a batch, and there is none")])
    if webhook is not None:
        await gateway.submissions.signing.ensure_secret(caller)
    return webhook


def of_item(number: int, problem: Problem) -> Problem:
    """The same problem, told of an item; one that is nobody's fault stays as it is."""
    if problem.errors:
        place = f"items[{number}]."
        problem.errors = [
            FieldError(place + fault.field, fault.message) for fault in problem.errors
        ]
        problem.detail = place + problem.detail
    return problem
