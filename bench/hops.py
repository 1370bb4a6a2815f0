"""Where the milliseconds of one task in an idle system go, by the moments that its row keeps."""

import statistics
import time
from itertools import pairwise
from uuid import UUID

import httpx
import psycopg

from bench.latency import POLL
from warren.stack.stack import Stack

_PAUSE = 0.02
_TIMEOUT = 30.0
_WARM_UP = 20
#: All clocks are this machine's. A relay's and a recorder's moments are the beginnings of their
#: transactions.
_MOMENTS = """
SELECT extract(epoch FROM created_at)::float8, extract(epoch FROM queued_at)::float8,
    extract(epoch FROM started_at)::float8, extract(epoch FROM finished_at)::float8,
    extract(epoch FROM updated_at)::float8
FROM tasks WHERE id = %s
"""
HOPS = (
    "request to the row of the task",
    "to the relay's look (commit, NOTIFY)",
    "to the start of the job (claim, note and its commit, confirmed message)",
    "the job",
    "to the recorder's transaction (confirmed message)",
    "to the answer `succeeded` (lock, fold, commit, the poll that follows)",
)


def measure_hops(stack: Stack, tasks: int) -> list[float]:
    """Median milliseconds of each of `HOPS`, of one task at a time."""
    headers = {"Authorization": f"Bearer {stack.descriptor.api_key}"}
    with (
        psycopg.connect(stack.descriptor.database_url, autocommit=True) as connection,
        httpx.Client(base_url=stack.descriptor.gateway_url, headers=headers) as http,
    ):
        each = [_one(http, connection, number) for number in range(_WARM_UP + tasks)][_WARM_UP:]
    return [1000 * statistics.median(hop) for hop in zip(*each, strict=True)]


def _one(http: httpx.Client, connection: psycopg.Connection, number: int) -> list[float]:
    began = time.time()
    body = {"kind": "bench.noop", "payload": {"number": number}}
    answer = http.post("/api/v1/tasks", json=body).raise_for_status().json()
    while http.get(answer["urls"]["status"]).raise_for_status().json()["status"] != "succeeded":
        if time.time() > began + _TIMEOUT:
            raise TimeoutError(f"{answer['task_id']} did not succeed within {_TIMEOUT:g} s")
        time.sleep(POLL)
    seen = time.time()
    time.sleep(_PAUSE)
    row = connection.execute(_MOMENTS, [UUID(answer["task_id"])]).fetchone() or ()
    return [later - earlier for earlier, later in pairwise([began, *row, seen])]
