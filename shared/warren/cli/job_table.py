"""What a worker says of its jobs when it starts: a table for people, a line of log for machines."""

import sys
from typing import TYPE_CHECKING, TextIO

import structlog
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from warren.contracts.retries import RetryPolicy
    from warren.worker.catalogue import Service
    from warren.worker.discovery import AnyWorker

_HEADINGS = ("kind", "version", "lane", "retries", "limits", "schedule", "subscription")
_NONE = "-"


def list_jobs(service: "Service", stream: TextIO | None = None) -> None:
    """Show every job of the service on `stream`, by default where logs go.

    A terminal gets a table, anything else one line of log for each job.
    """
    stream = stream or sys.stderr
    rows = [row_of(worker) for worker in service.workers.values()]
    if stream.isatty():
        _print(rows, stream)
        return
    log = structlog.get_logger()
    for row in rows:
        log.info("job", **dict(zip(_HEADINGS, row, strict=True)))


def row_of(worker: "AnyWorker") -> list[str]:
    """The cells of one job: how it is called, served, tried again, limited and begun."""
    from warren.worker.catalogue import retry_policy
    from warren.worker.subscribing import subscriptions_of

    events = [subscription.event_type for subscription in subscriptions_of(worker)]
    return [
        worker.job_model.kind,
        str(worker.job_model.version),
        f"{worker.pool}.{worker.lane}" if worker.pool else str(worker.lane),
        retries_text(worker.max_retries, retry_policy(worker)),
        _limits(worker),
        f"{worker.cron_schedule} {worker.cron_timezone}" if worker.cron_schedule else _NONE,
        ", ".join(events) or _NONE,
    ]


def retries_text(count: int, policy: "RetryPolicy") -> str:
    """How often and after how long a failed attempt is repeated, for example `3 after 1 s`."""
    if not count:
        return "none"
    if policy.delays is not None:
        delays = ", ".join(f"{delay:g}" for delay in policy.delays)
    elif policy.backoff:
        delays = f"{policy.backoff_base:g} s doubled to {policy.backoff_max:g}"
    else:
        delays = f"{policy.delay:g}"
    return f"{count} after {delays} s"


def _limits(worker: "AnyWorker") -> str:
    limits = [f"{worker.soft_time_limit:g}/{worker.time_limit:g} s"]
    if worker.rate_limit:
        limits.append(f"{worker.rate_limit} by {worker.limit_key or worker.rate_group or 'kind'}")
    if worker.concurrency_key is not None:
        key = worker.concurrency_key or "kind"
        limits.append(f"{worker.concurrency_limit} at once by {key}")
    return ", ".join(limits)


def _print(rows: list[list[str]], stream: TextIO) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in _HEADINGS:
        table.add_column(heading, header_style="dim", overflow="fold", no_wrap=heading == "kind")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=stream, highlight=False).print(table)
