"""How fast a chatbot catches up that was away, beside a plain loop of calls.

    python -m bench.catch_up [--changes 500] [--rounds 3]

Both bring the same FAQs to the same chatbot on this machine, one after the other, in one run.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from bench.report import replace_section
from bench.throughput import spread
from warren.stack.plan import StackPlan, WorkerPlan
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

_THREADS = 8
_RATE = "1000/s"
_DELAYS = (0.0, 0.02)
_TIMEOUT = 300.0


@dataclass(slots=True)
class CatchUp:
    """Calls per second of a chatbot that takes `delay` seconds for each; acceptance in ms."""

    delay: float
    loop: list[float] = field(default_factory=list)
    warren: list[float] = field(default_factory=list)
    accepted: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        """Warren beside the loop, round by round."""
        return [ours / theirs for ours, theirs in zip(self.warren, self.loop, strict=True)]


class Chatbot:
    """The stack's chatbot, asked directly."""

    def __init__(self, stack: Stack) -> None:
        port = json.loads(stack.folder.ports.read_text())["chatbot"]
        token = stack.folder.secret("chatbot").read_text().strip()
        self.http = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
        )

    def is_ready(self) -> bool:
        """Whether it answers."""
        try:
            return self.http.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def be(self, delay: float) -> None:
        """Take so long for every call from now on; it may just be starting."""
        eventually(self.is_ready, within=60)
        body = {"fault": "slow", "delay": delay} if delay else {"fault": "none"}
        self.http.put("/faults", json=body).raise_for_status()

    def served(self) -> int:
        """Writes that were answered since the start."""
        calls = self.http.get("/faults").raise_for_status().json()["calls"]
        return sum(count for name, count in calls.items() if name.startswith("PUT 2"))

    def loop(self, changes: int) -> float:
        """Calls per second of one client that makes one call after the other."""
        customer = uuid4()
        began = time.perf_counter()
        for number in range(1, changes + 1):
            body = {"version": number, **_faq(number)}
            headers = {"Idempotency-Key": str(uuid4())}
            path = f"/v1/customers/{customer}/faqs/{uuid4()}"
            self.http.put(path, json=body, headers=headers).raise_for_status()
        return changes / (time.perf_counter() - began)


def measure(stack: Stack, delay: float, changes: int, rounds: int) -> CatchUp:
    """Loop and catch-up in turns, so that both meet the same moments of the machine."""
    found = CatchUp(delay)
    chatbot = Chatbot(stack)
    for _ in range(rounds):
        chatbot.be(delay)
        found.loop.append(chatbot.loop(changes))
        stack.halt("chatbot")
        found.accepted += _accept(stack, changes)
        stack.resume("chatbot")
        chatbot.be(delay)
        found.warren.append(_rate(chatbot.served, changes))
    chatbot.http.close()
    return found


def _accept(stack: Stack, changes: int) -> list[float]:
    """Milliseconds until the 202 of each change, while the chatbot is away."""
    descriptor = stack.descriptor
    took = []
    headers = {"Authorization": f"Bearer {descriptor.api_key}"}
    with httpx.Client(base_url=descriptor.gateway_url, headers=headers, timeout=30) as http:
        for number in range(changes):
            began = time.perf_counter()
            http.post("/api/v1/mobile-faq", json=_faq(number)).raise_for_status()
            took.append(1000 * (time.perf_counter() - began))
    return took


def _rate(served: Callable[[], int], changes: int) -> float:
    """Calls per second between a tenth and all of the changes."""
    eventually(lambda: served() >= changes // 10, within=_TIMEOUT, seen=served)
    begun, count = time.monotonic(), served()
    if count >= changes:
        raise RuntimeError("all changes arrived at once: measure more of them")
    eventually(lambda: served() >= changes, within=_TIMEOUT, seen=served)
    return (changes - count) / (time.monotonic() - begun)


def _faq(number: int) -> dict[str, str]:
    return {"question": f"Question {number}?", "answer": f"Answer {number}. " * 10}


def _table(found: list[CatchUp], changes: int) -> str:
    rows = [
        f"| {item.delay * 1000:g} ms | {spread(item.loop)} | {spread(item.warren)} |"
        f" {spread(item.ratios, 2)} |"
        for item in found
    ]
    accepted = [value for item in found for value in item.accepted]
    p50, p99 = statistics.median(accepted), statistics.quantiles(accepted, n=100)[98]
    return (
        f"{changes} FAQs a round, one worker process with {_THREADS} threads, limit {_RATE}\n"
        "(`python -m bench.catch_up`):\n\n"
        "| the chatbot takes | plain loop, calls/s | catch-up, calls/s | beside the loop |\n"
        "|---|---|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Accepted while the chatbot is away: p50 {p50:.1f} ms, p99 {p99:.1f} ms"
        f" ({len(accepted):,} changes, one at a time).\n"
    )


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("docs/benchmarks/chatbots.md"))
    options = parser.parse_args()
    plan = StackPlan(
        workers=[WorkerPlan("sync-worker", concurrency=_THREADS)],
        environment={
            "SYNC_CHATBOT_RATE": _RATE,
            "SYNC_CHATBOT_PAUSE": "1",
            "WARREN_LOG_LEVEL": "WARNING",
        },
    )
    with (
        tempfile.TemporaryDirectory(prefix="warren-bench-") as root,
        Stack(Path(root), plan) as stack,
    ):
        found = [measure(stack, delay, options.changes, options.rounds) for delay in _DELAYS]
    table = _table(found, options.changes)
    print(table)
    replace_section(options.output, "catch-up", table)


if __name__ == "__main__":
    main()
