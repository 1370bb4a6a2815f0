"""What is measured every few seconds: each process from outside, live tables, queues."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pika.exceptions
import psutil
import psycopg
from psycopg.sql import SQL, Identifier

from tests.chaos.evidence.queues import read_queues
from warren.stack.stack import Stack

#: Tables whose rows are live work or state, and so must not grow. Those that keep history
#: (`tasks`, `task_history`, `dead_letters`, keys for a day) grow by design.
LIVE_TABLES = (
    "outbox",
    "in_flight",
    "publications",
    "publish_intents",
    "unique_keys",
    "rate_limits",
    "workers",
    "alerts",
    "quarantined_status",
)
MEMORY, CONNECTIONS, THREADS, FILES, ROWS = (
    "memory (MiB)",
    "connections",
    "threads",
    "open files",
    "rows and messages",
)
_MIB = 1 << 20
_COUNT = SQL("SELECT count(*) FROM {}")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value: `seconds` since the load began, what it is of, what it measures."""

    seconds: float
    subject: str
    measure: str
    value: float


def sample(stack: Stack, began: float) -> list[Sample]:
    """Everything, now; what does not answer is left out."""
    now = time.monotonic() - began
    values = [*_processes(stack), *_tables(stack), *_queues(stack)]
    return [Sample(now, subject, measure, value) for subject, measure, value in values]


def _processes(stack: Stack) -> Iterator[tuple[str, str, float]]:
    for entry in stack.descriptor.processes:
        try:
            process = psutil.Process(entry.pid)
            family = [process, *process.children(recursive=True)]
            memory = sum(_memory(member) for member in family)
            yield entry.name, MEMORY, memory / _MIB
            yield entry.name, THREADS, float(sum(member.num_threads() for member in family))
            yield entry.name, FILES, float(sum(member.num_fds() for member in family))
            connections = sum(len(member.net_connections("inet")) for member in family)
            yield entry.name, CONNECTIONS, float(connections)
        except psutil.NoSuchProcess:
            continue  # a child that has just ended; the next sample will do


def _memory(process: psutil.Process) -> int:
    """Resident memory that no other process shares: what PostgreSQL's children have in common
    would count once for each of them."""
    info = process.memory_info()
    return int(info.rss - info.shared)


def _tables(stack: Stack) -> Iterator[tuple[str, str, float]]:
    try:
        with psycopg.connect(stack.descriptor.database_url, connect_timeout=5) as connection:
            for table in LIVE_TABLES:
                count = connection.execute(_COUNT.format(Identifier(table))).fetchone()
                yield table, ROWS, float(count[0]) if count else 0.0
    except psycopg.Error:
        return


def _queues(stack: Stack) -> Iterator[tuple[str, str, float]]:
    try:
        depths = read_queues(stack.descriptor.amqp_url)
    except (pika.exceptions.AMQPError, OSError):
        return
    for queue, depth in depths.items():
        yield f"queue {queue}", ROWS, float(depth)
