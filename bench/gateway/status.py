"""Polls of GET /api/v1/tasks/{id}/status: answered in full, and by ETag."""

from collections.abc import Mapping, Sequence

import httpx

from bench.gateway.load import LoadPlan, request, run_load
from bench.gateway.stack import Served
from bench.system import drain
from bench.throughput import spread

_TASKS = 500
_CONNECTIONS = 32
_HEAD = ["| tasks | answer | gateway processes | answers/s | p50 |", "|---|---|---|---|---|"]


def status(system: Served, seconds: float, rounds: int) -> list[str]:
    """Rows: what is asked, gateway processes, answers a second, and the time of one."""
    system.halt_worker()
    system.forget_tasks()
    rounds_of = _Rounds(system, seconds, rounds)
    with httpx.Client(base_url=system.urls[0], headers=system.key, trust_env=False) as http:
        paths = [_submitted(http, number) for number in range(_TASKS)]
        rows = rounds_of.rows("waiting", "200", paths, [{}] * _TASKS)
        drain(system.stack, _TASKS)
        rows += rounds_of.rows("ended", "200", paths, [{}] * _TASKS)
        known = [{"If-None-Match": http.get(path).headers["etag"]} for path in paths]
    return [*_HEAD, *rows, *rounds_of.rows("ended", "304, by ETag", paths, known)]


class _Rounds:
    """Measures one kind of poll with each number of gateway processes."""

    def __init__(self, system: Served, seconds: float, rounds: int) -> None:
        self._system, self._seconds, self._rounds = system, seconds, rounds

    def rows(
        self, tasks: str, answer: str, paths: Sequence[str], headers: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """A row for each number of processes."""
        asked = [
            request("GET", path, headers={**self._system.key, **more})
            for path, more in zip(paths, headers, strict=True)
        ]
        urls = self._system.urls
        return [
            self._row(f"| {tasks} | {answer} | {processes}", urls[:processes], asked, answer)
            for processes in range(1, len(urls) + 1)
        ]

    def _row(self, head: str, urls: Sequence[str], asked: Sequence[str], answer: str) -> str:
        plan = LoadPlan(urls, asked, int(answer[:3]), _CONNECTIONS, self._seconds)
        loads = [run_load(plan) for _ in range(self._rounds)]
        p50 = min(load.p50_ms for load in loads)
        return f"{head} | {spread([load.rate for load in loads])} | {p50:.1f} ms |"


def _submitted(http: httpx.Client, number: int) -> str:
    body = {"kind": "bench.noop", "payload": {"number": number}}
    answer = http.post("/api/v1/tasks", json=body).raise_for_status()
    return str(answer.json()["urls"]["status"])
