"""Addresses that ask for one kind: their body is the payload of its jobs."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.authentication import Caller
from gateway.composition import Gateway
from gateway.idempotency.route import made_id
from gateway.tasks.envelope import parse_envelope
from gateway.tasks.routes import accepted_response
from warren.contracts.job import Job


async def ask_for(
    job: type[Job],
    payload: dict[str, Any],
    request: Request,
    caller: Caller,
    gateway: Gateway,
    *,
    user_id: Any = None,
) -> Response:
    """202 once the task is committed; problems name the payload's fields as the body has them.

    `user_id` is as the caller gave it. Raises InvalidFields.
    """
    envelope = parse_envelope({"kind": job.kind, "payload": payload, "user_id": user_id})
    accepted = await gateway.submissions.submit(
        caller,
        envelope,
        request.headers.get("traceparent"),
        task_id=made_id(request),
        payload_path="",
    )
    return accepted_response(envelope.kind, accepted)
