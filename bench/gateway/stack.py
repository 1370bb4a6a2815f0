"""The whole system, with as many gateways as are measured, and the no-op service behind it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.system import SERVICES, THREADS, WORKER
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.ports import HOST, free_port
from warren.stack.stack import Stack

#: Room for all requests and streams of the benchmark under its one key.
_SETTINGS = {
    "WARREN_LOG_LEVEL": "WARNING",
    "WARREN_REQUESTS_PER_MINUTE": "100000000",
    "WARREN_EVENT_STREAMS_PER_KEY": "2000",
}
_EMPTY = "TRUNCATE tasks, task_history, outbox, in_flight, batches, batch_members, audit_writes"


@dataclass(frozen=True, slots=True)
class Served:
    """A stack that is ready, and the addresses of its gateways."""

    stack: Stack
    urls: list[str]

    @property
    def key(self) -> Mapping[str, str]:
        """The header that lets a client in."""
        return {"Authorization": f"Bearer {self.stack.descriptor.api_key}"}

    def halt_worker(self) -> None:
        """What is accepted from now on is not run."""
        self.stack.halt(WORKER)

    def forget_tasks(self) -> None:
        """Empty the tables, so that every round finds the same system."""
        with psycopg.connect(self.stack.descriptor.database_url) as connection:
            connection.execute(_EMPTY)


@contextmanager
def served_stack(root: Path, gateways: int) -> Iterator[Served]:
    """One relay, one recorder, one worker process, and so many gateways."""
    names = [f"gateway-{number}" for number in range(2, gateways + 1)]
    ports = {name: free_port() for name in names}

    def rewire(name: str, _: Mapping[str, str]) -> dict[str, str]:
        return {"WARREN_PORT": str(ports[name])} if name in ports else {}

    plan = StackPlan(
        workers=[WorkerPlan(WORKER, concurrency=THREADS)],
        gateways=gateways,
        rewire=rewire,
        environment={"PYTHONPATH": SERVICES, **_SETTINGS},
    )
    with Stack(root, plan) as stack:
        others = [f"http://{HOST}:{port}" for port in ports.values()]
        yield Served(stack, [stack.descriptor.gateway_url, *others])
