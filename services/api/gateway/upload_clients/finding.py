"""The task that an upload client names."""

from typing import Any
from uuid import UUID

from gateway.authentication import Caller
from gateway.composition import Gateway
from gateway.problems import NotFound
from gateway.tasks.ownership import visible_task
from gateway.upload_clients.schemas import refused

UNKNOWN = refused(404, "There is no such task")


async def task_of(task_id: str, caller: Caller, gateway: Gateway) -> dict[str, Any] | None:
    """The row; None if that is no id, or not of a task that this caller may see."""
    try:
        return await visible_task(gateway, caller, UUID(task_id))
    except (ValueError, NotFound):
        return None
