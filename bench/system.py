"""The whole system with a service that does nothing, for measuring."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import psycopg

from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

WORKER = "noop-worker"
#: Where the commands of a stack find it.
SERVICES = str(Path(__file__).parent / "services")
THREADS = 8


@contextmanager
def noop_stack(root: Path) -> Iterator[Stack]:
    """A stack with one process of the no-op service, and nothing else."""
    plan = StackPlan(
        workers=[WorkerPlan(WORKER, concurrency=THREADS)],
        environment={
            "PYTHONPATH": SERVICES,
            "WARREN_LOG_LEVEL": "WARNING",
        },
    )
    with Stack(root, plan) as stack:
        yield stack


async def _submit(stack: Stack, tasks: int, connections: int) -> None:
    numbers = iter(range(tasks))
    descriptor = stack.descriptor

    async def client() -> None:
        headers = {"Authorization": f"Bearer {descriptor.api_key}"}
        async with httpx.AsyncClient(
            base_url=descriptor.gateway_url, headers=headers, timeout=30
        ) as http:
            for number in numbers:
                body = {"kind": "bench.noop", "payload": {"number": number}}
                answer = await http.post("/api/v1/tasks", json=body)
                answer.raise_for_status()

    await asyncio.gather(*(client() for _ in range(connections)))


def submit(stack: Stack, tasks: int, connections: int = 16) -> float:
    """Submit no-op tasks over HTTP; the seconds until the last was accepted."""
    started = time.perf_counter()
    asyncio.run(_submit(stack, tasks, connections))
    return time.perf_counter() - started


def drain(stack: Stack, tasks: int, timeout: float = 120) -> float:
    """Seconds until all tasks that wait are recorded as succeeded; starts the worker."""
    with psycopg.connect(stack.descriptor.database_url, autocommit=True) as connection:
        stack.resume(WORKER)
        done = partial(succeeded, connection)
        eventually(lambda: done() >= tasks, within=timeout, seen=done)
        query = "SELECT extract(epoch FROM max(updated_at) - min(started_at)) FROM tasks"
        (seconds,) = connection.execute(query).fetchone() or (0.0,)
        return float(seconds)


def succeeded(connection: psycopg.Connection) -> int:
    """Tasks that have, once none waits or runs; until then 0."""
    (left,) = connection.execute(
        "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM in_flight)"
    ).fetchone() or (0,)
    if left:
        return 0
    (done,) = connection.execute(
        "SELECT count(*) FROM tasks WHERE state = 'succeeded'"
    ).fetchone() or (0,)
    return int(done)


def forget_tasks(stack: Stack) -> None:
    """Empty the tables, so that every round finds the same system."""
    with psycopg.connect(stack.descriptor.database_url) as connection:
        connection.execute("TRUNCATE tasks, task_history, outbox, in_flight, audit_writes")
