"""Submissions to a durable 202, beside FastAPI with Celery and with Dramatiq on the same broker."""

import json
import statistics
from collections.abc import Sequence
from contextlib import ExitStack

import pika

from bench.gateway.load import Load, LoadPlan, request, run_load
from bench.gateway.stack import Served
from bench.peers import fastapi_celery, fastapi_dramatiq
from bench.peers.serving import served
from bench.throughput import spread

_BODY = json.dumps({"kind": "bench.noop", "payload": {"number": 1}}).encode()
_CONNECTIONS = 64
_WARREN = "Warren"
_PEERS = {
    "FastAPI and Celery `.delay`, confirms on": ("fastapi_celery", fastapi_celery.QUEUE),
    "FastAPI and Dramatiq `send`, confirms on": ("fastapi_dramatiq", fastapi_dramatiq.QUEUE),
}


def submission(system: Served, seconds: float, rounds: int) -> list[str]:
    """Rows: system, web processes, submissions a second, latency, and Warren beside it."""
    system.halt_worker()
    rows = [
        "| system | web processes | submissions/s | p50, p99 | Warren beside it |",
        "|---|---|---|---|---|",
    ]
    for processes in range(1, len(system.urls) + 1):
        rows += _rows(processes, _measured(system, processes, seconds, rounds))
    return rows


def _measured(system: Served, processes: int, seconds: float, rounds: int) -> dict[str, list[Load]]:
    """Each round measures all of them in turn, so that drifts of the machine hit all alike."""
    amqp_url = system.stack.descriptor.amqp_url
    ours = request("POST", "/api/v1/tasks", body=_BODY, headers=system.key)
    theirs = request("POST", "/tasks", body=_BODY)
    loads: dict[str, list[Load]] = {name: [] for name in (_WARREN, *_PEERS)}
    with ExitStack() as peers:
        urls = {
            name: peers.enter_context(served(module, amqp_url, processes))
            for name, (module, _) in _PEERS.items()
        }
        for _ in range(rounds):
            system.forget_tasks()
            plan = LoadPlan(system.urls[:processes], [ours], 202, _CONNECTIONS, seconds)
            loads[_WARREN].append(run_load(plan))
            for name, (_, queue) in _PEERS.items():
                plan = LoadPlan(urls[name], [theirs], 202, _CONNECTIONS, seconds)
                loads[name].append(run_load(plan))
                _purge(amqp_url, queue)
    return loads


def _rows(processes: int, loads: dict[str, list[Load]]) -> list[str]:
    ours = [load.rate for load in loads[_WARREN]]
    return [
        f"| {name} | {processes} | {spread([load.rate for load in measured])}"
        f" | {_latency(measured)} | {_beside(ours, [load.rate for load in measured])} |"
        for name, measured in loads.items()
    ]


def _latency(loads: Sequence[Load]) -> str:
    p50 = statistics.median(load.p50_ms for load in loads)
    p99 = statistics.median(load.p99_ms for load in loads)
    return f"{p50:.1f}, {p99:.1f} ms"


def _beside(ours: Sequence[float], theirs: Sequence[float]) -> str:
    return spread([one / other for one, other in zip(ours, theirs, strict=True)], 2)


def _purge(amqp_url: str, queue: str) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(amqp_url))
    connection.channel().queue_purge(queue)
    connection.close()
