"""Submit-to-succeeded latency of an idle system, as a client sees it."""

import statistics
import time
from dataclasses import dataclass

import httpx

from warren.stack.stack import Stack

#: How often the client asks; half of it is in every figure (seconds).
POLL = 0.001


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds; `accepted` is until the 202, `succeeded` until a status says so."""

    accepted_p50: float
    accepted_p99: float
    succeeded_p50: float
    succeeded_p99: float
    tasks: int


def measure_latency(stack: Stack, tasks: int) -> Latency:
    """One task at a time, with a pause between them."""
    accepted, succeeded = [], []
    descriptor = stack.descriptor
    headers = {"Authorization": f"Bearer {descriptor.api_key}"}
    with httpx.Client(base_url=descriptor.gateway_url, headers=headers) as http:
        for number in range(tasks + 20):
            first, second = _one(http, number)
            if number >= 20:
                accepted.append(first * 1000)
                succeeded.append(second * 1000)
            time.sleep(0.02)
    return Latency(*_percentiles(accepted), *_percentiles(succeeded), tasks)


def _one(http: httpx.Client, number: int) -> tuple[float, float]:
    started = time.perf_counter()
    body = {"kind": "bench.noop", "payload": {"number": number}}
    answer = http.post("/api/v1/tasks", json=body).raise_for_status()
    accepted = time.perf_counter() - started
    url = answer.json()["urls"]["status"]
    while http.get(url).raise_for_status().json()["status"] != "succeeded":
        if time.perf_counter() - started > 30:
            raise TimeoutError(f"{url} did not succeed within 30 s")
        time.sleep(POLL)
    return accepted, time.perf_counter() - started


def _percentiles(values: list[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(values, n=100)
    return cuts[49], cuts[98]
