"""Asking for tasks by their kinds, or by the models of their jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack
from uuid import uuid4

import orjson

from warren.client.accepted import BatchAccepted, TaskAccepted
from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.errors import InvalidJob
from warren.client.new_task import options_of
from warren.client.payload import submitted_payload
from warren.contracts.job import Job
from warren.contracts.submission import MAX_BATCH

Payload = Mapping[str, Any]


class Options(TypedDict, total=False):
    """What may be said beside the payload: warren.contracts.submission.TaskOptions tells more."""

    lane: str
    run_at: datetime
    delay_seconds: float
    expires_at: datetime
    unique_key: str
    metadata: dict[str, Any]
    tags: list[str]
    user_id: str


async def submit(
    calls: GatewayCalls,
    /,
    job: Job | str,
    payload: Payload | None = None,
    *,
    idempotency_key: str | None = None,
    webhook: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> TaskAccepted:
    """Ask for a job by its model, or by its kind and payload; returns once it cannot be lost.

    `webhook` is `{url, events}`.
    However often it has to be sent, one task comes of it; with an `idempotency_key` also if it is
    called again, within a day. Raises InvalidJob, and NotValid, whose `field` names what is wrong.
    """
    body = {**_envelope(job, payload), **_said(options)}
    if webhook is not None:
        body["webhook"] = dict(webhook)
    answer = await calls.post(
        "/api/v1/tasks", orjson.dumps(body), idempotency_key=idempotency_key or str(uuid4())
    )
    return TaskAccepted.model_validate(answer)


async def submit_batch(
    calls: GatewayCalls,
    /,
    jobs: Sequence[Job | tuple[str, Payload]],
    *,
    idempotency_key: str | None = None,
    webhook: Mapping[str, Any] | None = None,
    **options: Unpack[Options],
) -> BatchAccepted:
    """Ask for 1 to 1,000 jobs, models or (kind, payload), in one transaction: all or none.

    `options` hold for each of them; `webhook` is told when the last has ended. The batch is
    followed, waited for, cancelled and retried like a task, by its `batch_id`.
    """
    if not 1 <= len(jobs) <= MAX_BATCH:
        raise InvalidJob(f"a request takes 1 to {MAX_BATCH} jobs, not {len(jobs)}", field="jobs")
    said = _said(options)
    items = [_envelope(*(job if isinstance(job, tuple) else (job, None))) for job in jobs]
    body: dict[str, Any] = {"items": [{**item, **said} for item in items]}
    if webhook is not None:
        body["webhook"] = dict(webhook)
    answer = await calls.post(
        "/api/v1/tasks/batch", orjson.dumps(body), idempotency_key=idempotency_key or str(uuid4())
    )
    return BatchAccepted.model_validate(answer)


def _envelope(job: Job | str, payload: Payload | None) -> dict[str, Any]:
    if isinstance(job, Job):
        if payload is not None:
            raise InvalidJob("a job's model is its payload: give no other", field="payload")
        return {"kind": job.kind, "payload": submitted_payload(job)}
    return {"kind": job, "payload": dict(payload or {})}


def _said(options: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = options_of(options).model_dump(mode="json", exclude_none=True)
    return said
