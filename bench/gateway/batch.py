"""Jobs a second through POST /api/v1/tasks/batch, 1,000 at a time."""

import json

from bench.gateway.load import LoadPlan, request, run_load
from bench.gateway.stack import Served
from bench.throughput import spread
from warren.contracts.submission import MAX_BATCH

_ITEMS = [{"kind": "bench.noop", "payload": {"number": number}} for number in range(MAX_BATCH)]
_CONNECTIONS = 4
_PATH = "/api/v1/tasks/batch"
_FORMS = {"members of a batch": _PATH, "tasks alone": f"{_PATH}?batch=false"}


def batch(system: Served, seconds: float, rounds: int) -> list[str]:
    """Rows: what the items become, gateway processes, jobs a second, and the time of a request."""
    system.halt_worker()
    body = json.dumps({"items": _ITEMS}).encode()
    rows = [
        f"| {MAX_BATCH:,} items become | gateway processes | jobs/s | p50 of a request |",
        "|---|---|---|---|",
    ]
    for processes in range(1, len(system.urls) + 1):
        for name, path in _FORMS.items():
            sent = request("POST", path, body=body, headers=system.key)
            plan = LoadPlan(system.urls[:processes], [sent], 202, _CONNECTIONS, seconds)
            loads = []
            for _ in range(rounds):
                system.forget_tasks()
                loads.append(run_load(plan))
            rates = spread([load.rate * MAX_BATCH for load in loads])
            p50 = min(load.p50_ms for load in loads)
            rows.append(f"| {name} | {processes} | {rates} | {p50:.0f} ms |")
    return rows
