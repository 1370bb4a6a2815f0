"""`warren kinds`: which jobs there are, and how they run, are limited and are tried again."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from warren.cli.api_client import open_client

_HEADINGS = (
    "kind",
    "version",
    "service",
    "lane",
    "isolation",
    "limits",
    "retries",
    "rate",
    "at once",
)


def kinds(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the gateway answers.")
    ] = False,
) -> None:
    """List the announced kinds of jobs."""
    with open_client() as client:
        items = client.get("/api/v1/kinds")["items"]
    if as_json:
        typer.echo(json.dumps(items, indent=2))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in _HEADINGS:
        table.add_column(heading, header_style="dim", overflow="fold")
    for item in items:
        table.add_row(*row_of(item))
    Console(highlight=False).print(table)


def row_of(kind: dict[str, Any]) -> list[str]:
    """What the table says of a kind, as `GET /api/v1/kinds` describes it."""
    lane = f"{kind['pool']}.{kind['lane']}" if kind["pool"] else kind["lane"]
    payer = kind["limit_key"] or kind.get("rate_group") or "kind"
    rate = f"{kind['rate_limit']} by {payer}" if kind["rate_limit"] else "-"
    concurrency = "-"
    if kind["concurrency_key"] is not None:
        concurrency = f"{kind['concurrency_limit']} by {kind['concurrency_key'] or 'kind'}"
    return [
        kind["kind"],
        str(kind["version"]),
        kind["service"],
        lane,
        kind["isolation"],
        f"{kind['soft_time_limit']:g}/{kind['time_limit']:g} s",
        _retries(kind["max_attempts"] - 1, kind["retry"]),
        rate,
        concurrency,
    ]


def _retries(count: int, policy: dict[str, Any] | None) -> str:
    if policy is None:
        return str(count)
    if policy["delays"] is not None:
        after = ", ".join(f"{delay:g}" for delay in policy["delays"]) + " s"
    elif policy["backoff"]:
        after = f"{policy['backoff_base']:g} s doubled to {policy['backoff_max']:g} s"
    else:
        after = f"{policy['delay']:g} s"
    return f"{count} after {after}; waits {policy['max_age']:g} s" if count else "none"
