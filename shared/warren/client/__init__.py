"""Asking for tasks, and following them, from anywhere.

Inside a job through the broker (`warren.intake`), elsewhere over HTTP (`WARREN_URL`,
`WARREN_API_KEY`), in a PostgreSQL transaction by `warren.client.sql`.
"""

from warren.client.enqueueing import enqueue, enqueue_many
from warren.client.handle import TaskHandle, TaskStatus

__all__ = ["TaskHandle", "TaskStatus", "enqueue", "enqueue_many"]
