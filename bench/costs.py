"""What a task costs: processor time of each process, and milliseconds of each hop.

    python -m bench.costs [--tasks 5000] [--rounds 5] [--latency-tasks 200]

Processor time is what other programs change least. All processes are there and warm; the tasks
wait in a paused queue, so that what it costs to submit them is counted apart. Hops are those of
one task at a time in an idle system.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import httpx
import psycopg

from bench.hops import HOPS, measure_hops
from bench.idle import processor_seconds
from bench.system import forget_tasks, noop_stack, submit, succeeded
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

_QUEUE = "/api/v1/queues/bench.default"
_TIMEOUT = 120.0
Costs = Mapping[str, float]


def measure_costs(stack: Stack, tasks: int) -> tuple[Costs, Costs]:
    """Microseconds a task by the name of the process: until all are accepted, and from then on
    until all are recorded as succeeded."""
    headers = {"Authorization": f"Bearer {stack.descriptor.api_key}"}
    forget_tasks(stack)
    with (
        psycopg.connect(stack.descriptor.database_url, autocommit=True) as connection,
        httpx.Client(base_url=stack.descriptor.gateway_url, headers=headers) as http,
    ):
        http.post(f"{_QUEUE}/pause").raise_for_status()
        begun = _used(stack)
        submit(stack, tasks)
        accepted = _used(stack)
        http.post(f"{_QUEUE}/resume").raise_for_status()
        done = partial(succeeded, connection)
        eventually(lambda: done() >= tasks, within=_TIMEOUT, seen=done)
        recorded = _used(stack)
    return _apart(begun, accepted, tasks), _apart(accepted, recorded, tasks)


def _used(stack: Stack) -> Costs:
    return {name: seconds for name, _, seconds in processor_seconds(stack)}


def _apart(before: Costs, after: Costs, tasks: int) -> Costs:
    return {name: 1e6 * (after[name] - before[name]) / tasks for name in after}


def table(rounds: Sequence[tuple[Costs, Costs]]) -> str:
    """The median of each process."""
    lines = ["| process | to accept | from there to the record |", "|---|---|---|"]
    for name in rounds[0][0]:
        cells = (statistics.median(costs[part][name] for costs in rounds) for part in (0, 1))
        lines.append(f"| {name} | " + " | ".join(f"{cell:.0f} µs" for cell in cells) + " |")
    sums = (statistics.median(sum(costs[part].values()) for costs in rounds) for part in (0, 1))
    lines.append("| all | " + " | ".join(f"{cell:.0f} µs" for cell in sums) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure; the first round warms up and is not counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency-tasks", type=int, default=200)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="warren-bench-") as root,
        noop_stack(Path(root)) as stack,
    ):
        rounds = [measure_costs(stack, options.tasks) for _ in range(options.rounds + 1)]
        hops = measure_hops(stack, options.latency_tasks)
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(table(rounds[1:]))
    for name, took in zip(HOPS, hops, strict=True):
        print(f"| {name} | {took:.1f} ms |")


if __name__ == "__main__":
    main()
