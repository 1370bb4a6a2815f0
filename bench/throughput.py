"""Tasks per second through the whole system, beside stock Dramatiq and raw pika in one run.

Each round measures all three in turn, so that drifts of the machine hit all alike.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.peers.process import run_peer
from bench.system import THREADS, WORKER, drain, forget_tasks, submit
from warren.stack.stack import Stack

PREFETCH = 256


@dataclass(slots=True)
class Throughput:
    """Tasks per second, one figure a round."""

    warren: list[float] = field(default_factory=list)
    submission: list[float] = field(default_factory=list)
    dramatiq: list[float] = field(default_factory=list)
    dramatiq_enqueue: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)

    def ratios(self, of: Sequence[float]) -> list[float]:
        """Warren's rate by another's, round by round."""
        return [ours / theirs for ours, theirs in zip(self.warren, of, strict=True)]


def measure_throughput(stack: Stack, tasks: int, rounds: int) -> Throughput:
    """Measure; the first round warms up and is not counted."""
    figures = Throughput()
    for number in range(rounds + 1):
        stack.halt(WORKER)
        forget_tasks(stack)
        submitted = tasks / submit(stack, tasks)
        drained = tasks / drain(stack, tasks)
        amqp_url = stack.descriptor.amqp_url
        dramatiq = run_peer("stock_dramatiq", amqp_url, tasks, THREADS)
        raw = run_peer("raw_pika", amqp_url, tasks, PREFETCH)
        if number == 0:
            continue
        figures.submission.append(submitted)
        figures.warren.append(drained)
        figures.dramatiq.append(dramatiq["tasks_per_second"])
        figures.dramatiq_enqueue.append(dramatiq["enqueue_per_second"])
        figures.raw.append(raw["tasks_per_second"])
        print(f"round {number}: Warren {drained:.0f}/s, {dramatiq=}, {raw=}")
    return figures


def spread(values: Sequence[float], digits: int = 0) -> str:
    """Median and range, for a table."""
    return (
        f"{statistics.median(values):,.{digits}f}"
        f" ({min(values):,.{digits}f}–{max(values):,.{digits}f})"
    )
