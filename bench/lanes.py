"""How long urgent tasks wait beside work that can wait, through the whole system.

python -m bench.lanes
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import httpx
import psycopg

from bench.system import SERVICES, WORKER
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

_TIMEOUT = 120.0
_RESULTS = """
SELECT kind, extract(epoch FROM started_at - created_at)::double precision,
    extract(epoch FROM finished_at)::double precision
FROM tasks WHERE state = 'succeeded'
"""
_LEFT: LiteralString = "SELECT count(*) FROM tasks WHERE finished_at IS NULL"
_BEGUN: LiteralString = """
SELECT count(*) FROM tasks WHERE kind = 'bench.sleep' AND started_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Two processes of `slots` slots; `low` tasks of `seconds` are there at the beginning, and an
    urgent one of `urgent_seconds` comes every `every` seconds."""

    slots: int
    low: int
    seconds: float
    urgent: int
    urgent_seconds: float
    every: float


SCENES = (
    # One slot of four is free at most times: whoever waits, waits for nothing.
    Scene(slots=2, low=3, seconds=8.0, urgent=20, urgent_seconds=0.2, every=0.3),
    Scene(slots=1, low=1, seconds=8.0, urgent=15, urgent_seconds=0.2, every=0.4),
    # No slot is free: a wait is one for the next slot.
    Scene(slots=4, low=100, seconds=1.0, urgent=40, urgent_seconds=0.05, every=0.2),
    Scene(slots=2, low=100, seconds=0.2, urgent=40, urgent_seconds=0.05, every=0.1),
    Scene(slots=4, low=800, seconds=0.03, urgent=40, urgent_seconds=0.03, every=0.1),
)


@contextmanager
def stack_of_two(root: Path, slots: int) -> Iterator[Stack]:
    """A stack with two processes of the benchmarks' service."""
    plan = StackPlan(
        workers=[WorkerPlan(WORKER, concurrency=slots, replicas=2)],
        environment={
            "PYTHONPATH": SERVICES,
            "WARREN_LOG_LEVEL": "WARNING",
        },
    )
    with Stack(root, plan) as stack:
        yield stack


def measure(scene: Scene) -> str:
    """One line of a table: median and longest wait of the urgent, and tasks per second of all."""
    with (
        tempfile.TemporaryDirectory(prefix="warren-bench-") as root,
        stack_of_two(Path(root), scene.slots) as stack,
    ):
        _warm_up(stack, scene.slots)
        begun = time.time()
        _submit(stack, scene)
        rows = _results(stack)
    waits = sorted(wait * 1000 for kind, wait, end in rows if kind == "bench.hurry" and end > begun)
    ends = [end for _, _, end in rows if end > begun]
    rate = len(ends) / (max(ends) - begun)
    return f"{scene}: waits {statistics.median(waits):.0f} / {waits[-1]:.0f} ms, {rate:.1f} tasks/s"


def _warm_up(stack: Stack, slots: int) -> None:
    with _client(stack) as http:
        for _ in range(2 * slots):
            _post(http, "bench.sleep", 0.3)
    _results(stack)


def _submit(stack: Stack, scene: Scene) -> None:
    with _client(stack) as http:
        for _ in range(scene.low):
            _post(http, "bench.sleep", scene.seconds)
        _wait_for_low_ones(stack, scene)
        for _ in range(scene.urgent):
            _post(http, "bench.hurry", scene.urgent_seconds)
            time.sleep(scene.every)


def _client(stack: Stack) -> httpx.Client:
    headers = {"Authorization": f"Bearer {stack.descriptor.api_key}"}
    return httpx.Client(base_url=stack.descriptor.gateway_url, headers=headers)


def _post(http: httpx.Client, kind: str, seconds: float) -> None:
    body = {"kind": kind, "payload": {"seconds": seconds}}
    http.post("/api/v1/tasks", json=body).raise_for_status()


def _results(stack: Stack) -> list[tuple[str, float, float]]:
    with psycopg.connect(stack.descriptor.database_url, autocommit=True) as connection:
        eventually(lambda: _count(connection, _LEFT) == 0, within=_TIMEOUT)
        return connection.execute(_RESULTS).fetchall()


def _wait_for_low_ones(stack: Stack, scene: Scene) -> None:
    """Until they have begun, in as many slots as there are; those of the warm-up have, too."""
    slots = 2 * scene.slots
    with psycopg.connect(stack.descriptor.database_url, autocommit=True) as connection:
        wanted = slots + min(scene.low, slots)
        eventually(lambda: _count(connection, _BEGUN) >= wanted, within=_TIMEOUT)


def _count(connection: psycopg.Connection[Any], query: LiteralString) -> int:
    (count,) = connection.execute(query).fetchone() or (0,)
    return int(count)


def main() -> None:
    """Measure all scenes."""
    for scene in SCENES:
        print(measure(scene), flush=True)


if __name__ == "__main__":
    main()
