"""Waiting on behalf of one request, no longer than its client does."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from starlette.requests import Request

from gateway.awaiting.preference import wanted_wait
from gateway.composition import Gateway

APPLIED = "Preference-Applied"


@dataclass(frozen=True, slots=True)
class Waited:
    """A request has waited, up to `seconds`, for the end of a task that may have come or not."""

    seconds: float

    @property
    def headers(self) -> dict[str, str]:
        """Which tell the client that its preference was honoured."""
        return {APPLIED: f"wait={self.seconds:.0f}"}


async def wait_for_end(request: Request, gateway: Gateway, task_id: UUID) -> Waited | None:
    """Wait for the task's end as long as the request prefers, and its client is there.

    None if it prefers not to, or if too many wait already: then the answer comes at once.
    """
    seconds = wanted_wait(request, gateway.settings.wait_limit)
    if seconds is None or gateway.ends.is_full:
        return None
    await while_client_stays(request, gateway.ends.ended(task_id), seconds)
    return Waited(seconds)


async def while_client_stays(
    request: Request, awaited: Coroutine[Any, Any, object], seconds: float
) -> None:
    """Wait for it, no longer than that, and no longer than the client is there."""
    watched = [asyncio.create_task(awaited), asyncio.create_task(_left(request))]
    try:
        await asyncio.wait(watched, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in watched:
            task.cancel()
        await asyncio.gather(*watched, return_exceptions=True)


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
