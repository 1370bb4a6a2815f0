"""`warren subscriptions`: who gets which events, over HTTP."""

from typing import Annotated, Any

import typer

from warren.cli.api_client import open_client
from warren.cli.tables import print_json, print_table

_HEADINGS = ("event", "kind", "version", "payload", "service", "release", "announced", "ended")


def subscriptions(
    event: Annotated[
        str | None, typer.Argument(help="Only of this type, such as book.processed.v1.")
    ] = None,
    ended: Annotated[
        bool, typer.Option("--ended", help="Also those that get no events any more.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the gateway answers.")
    ] = False,
) -> None:
    """List which events become tasks of which kinds."""
    with open_client() as client:
        wanted = {"event_type": event, "ended": "true" if ended else None}
        items = client.get("/api/v1/subscriptions", wanted)["items"]
    if as_json:
        print_json(items)
    elif items:
        print_table(_HEADINGS, [_row(item) for item in items])
    else:
        typer.echo("nobody has subscribed to " + (event or "any event"))


def _row(item: dict[str, Any]) -> list[object]:
    retired = item["retired_at"]
    return [
        item["event_type"],
        item["kind"],
        item["version"],
        "whole event" if item["envelope"] else "data",
        item["service"],
        item["release"],
        item["announced_at"][:19].replace("T", " "),
        f"{retired[:19].replace('T', ' ')} ({item['retired_because']})" if retired else "",
    ]
