"""Waiting on behalf of one request, no longer than its client does."""

import asyncio
from asyncio import FIRST_COMPLETED
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
    """Wait for it, raising its error, but not longer than that, nor after the client has left."""
    waiting = asyncio.create_task(awaited)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait((waiting, leaving), timeout=seconds, return_when=FIRST_COMPLETED)
    finally:
        for task in (waiting, leaving):
            task.cancel()
        await asyncio.gather(waiting, leaving, return_exceptions=True)
    if not waiting.cancelled():
        waiting.result()


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue
