"""A thousand open event streams: what they cost the gateway, and how soon a progress is there."""

import json
import statistics
import subprocess
import sys

import httpx
import psutil

from bench.gateway.listeners import ListenersPlan
from bench.gateway.stack import Served
from bench.system import WORKER

_STREAMS = 1_000
_PROGRESSES = 30
_EVERY = 0.5
#: The first ones of each task find a system that has not done this before, and streams that are
#: still being opened: these are told what the progress is by then, however old.
_WARM_UP = 5
_TIMEOUT = 60
_HEAD = [
    f"| {_STREAMS:,} streams follow | the gateway grows | a progress at the last | at the first |",
    "|---|---|---|---|",
]


def streams(system: Served) -> list[str]:
    """Rows: followed tasks, memory, and how long a progress took to the first and last stream."""
    system.stack.resume(WORKER)
    # What any first streams cost is not the streams' own: code that is loaded, caches that fill.
    _measured(system, tasks=1, streams=20)
    before = _memory(system)
    return [*_HEAD, *(_row(tasks, before, *_measured(system, tasks, _STREAMS)) for tasks in (1, 8))]


def _measured(system: Served, tasks: int, streams: int) -> tuple[int, list[tuple[float, float]]]:
    """Bytes of the gateway then; for each progress, the seconds to its first and last stream."""
    with httpx.Client(base_url=system.urls[0], headers=system.key, trust_env=False) as http:
        body = {"kind": "bench.tell", "payload": {"times": _PROGRESSES, "every": _EVERY}}
        paths = [
            http.post("/api/v1/tasks", json=body).raise_for_status().json()["urls"]["events"]
            for _ in range(tasks)
        ]
    plan = ListenersPlan(system.urls[0], paths, dict(system.key), streams, _WARM_UP)
    listening = subprocess.Popen(
        [sys.executable, "-m", "bench.gateway.listeners", plan.encoded()],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listening.stdout is not None
    with listening.stdout as output:
        # Without a line it has ended, which is told below; it has a time-out of its own.
        output.readline()
        after = _memory(system)
        told = output.read()
    assert listening.wait(_TIMEOUT) == 0, "the streams did not end as they should"
    return after, json.loads(told)[_WARM_UP * tasks :]


def _memory(system: Served) -> int:
    return int(psutil.Process(system.stack.pid("gateway")).memory_info().rss)


def _row(tasks: int, before: int, after: int, delays: list[tuple[float, float]]) -> str:
    last = [slowest * 1000 for _, slowest in delays]
    first = statistics.median(fastest * 1000 for fastest, _ in delays)
    grown = (after - before) / 2**20
    followed = "one task" if tasks == 1 else f"{tasks} tasks"
    return (
        f"| {followed} | {grown:+.0f} MiB | {statistics.median(last):.0f} ms, longest"
        f" {max(last):.0f} ms | {first:.0f} ms |"
    )
