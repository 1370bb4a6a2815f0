"""Asking for tasks, and following them, from anywhere.

`WarrenClient` and `AsyncWarrenClient` speak to a gateway by its address. Code that knows the jobs
asks for them by `enqueue` or their Worker classes: inside a job through the broker
(`warren.intake`), elsewhere over HTTP (`WARREN_URL`, `WARREN_API_KEY`), in a PostgreSQL transaction
by `warren.client.sql`.
"""

from warren.client.accepted import TaskStatus
from warren.client.async_client import AsyncWarrenClient
from warren.client.enqueueing import enqueue, enqueue_many
from warren.client.handle import TaskHandle
from warren.client.warren_client import WarrenClient

__all__ = [
    "AsyncWarrenClient",
    "TaskHandle",
    "TaskStatus",
    "WarrenClient",
    "enqueue",
    "enqueue_many",
]
