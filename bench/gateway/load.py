"""A closed-loop load in a process of its own.

    python -m bench.gateway.load < plan.json

Reads a LoadPlan and prints what came of it: {"requests", "failures", "seconds", "cpu_seconds",
"p50_ms", "p99_ms"}. All servers are measured by the same client, which shares their cores: it takes
about 10 µs of a processor for each request.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from time import perf_counter
from urllib.parse import urlsplit

import uvloop

from bench.gateway.connection import ClosedLoop, Tally

#: Seconds before anything is counted.
_WARM_UP = 1.5


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """Requests as they go over the wire, in turn, over connections that the servers share."""

    urls: Sequence[str]
    requests: Sequence[str]
    expected: int
    connections: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it; latencies in milliseconds."""

    requests: int
    failures: int
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds


def request(
    method: str, path: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> str:
    """A request as it goes over the wire, in latin-1."""
    sent = {"Host": "bench", **(headers or {})}
    if body:
        sent |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n" + body.decode("latin-1")


def run_load(plan: LoadPlan) -> Load:
    """Run the plan in a process of its own; raises CalledProcessError, or AssertionError when an
    answer was not the expected one."""
    finished = subprocess.run(
        [sys.executable, "-m", "bench.gateway.load"],
        input=json.dumps(asdict(plan)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=plan.seconds + 60,
    )
    load = Load(**json.loads(finished.stdout))
    assert load.failures == 0, f"{load.failures} answers were not {plan.expected}: {load}"
    return load


async def _run(plan: LoadPlan) -> Load:
    loop, tally = asyncio.get_running_loop(), Tally()
    requests = [text.encode("latin-1") for text in plan.requests]
    transports = []
    for number in range(plan.connections):
        address = urlsplit(plan.urls[number % len(plan.urls)])
        first = number * len(requests) // plan.connections
        client = partial(ClosedLoop, requests, first, plan.expected, tally)
        host, port = str(address.hostname), int(address.port or 80)
        transport, _ = await loop.create_connection(client, host, port)
        transports.append(transport)
    await asyncio.sleep(_WARM_UP)
    began, used = perf_counter(), _cpu_seconds()
    tally.is_measuring = True
    await asyncio.sleep(plan.seconds)
    tally.is_measuring = False
    seconds, cpu = perf_counter() - began, _cpu_seconds() - used
    for transport in transports:
        transport.abort()
    assert len(tally.latencies) > 1, f"hardly an answer from {plan.urls} in {seconds:.0f} s"
    cuts = statistics.quantiles(tally.latencies, n=100)
    return Load(
        len(tally.latencies), tally.failures, seconds, cpu, cuts[49] * 1000, cuts[98] * 1000
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_run(LoadPlan(**json.load(sys.stdin)))))))
