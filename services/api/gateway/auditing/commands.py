"""`warren audit`: who has changed what, over HTTP."""

from typing import Annotated

import typer

from warren.cli.api_client import open_client
from warren.cli.tables import print_json, print_table


def audit(
    actor: Annotated[str | None, typer.Option(help="Only by this one, such as key:abc.")] = None,
    action: Annotated[
        str | None, typer.Option(help="Only this, such as queue.paused; or all of key.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Only of this queue, key prefix, id …")] = None,
    since: Annotated[str | None, typer.Option(help="From then on: 2030-01-31T12:00:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="Before then.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="At most so many.")] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the gateway answers.")
    ] = False,
) -> None:
    """Show who has changed what, newest first."""
    chosen = {"actor": actor, "action": action, "target": target, "since": since, "until": until}
    with open_client() as client:
        page = client.get("/api/v1/audit", {**chosen, "limit": limit})
    if as_json:
        print_json(page)
        return
    print_table(
        ["when", "who", "what", "of", ""],
        [
            [
                item["at"][:19].replace("T", " "),
                item["actor"],
                item["action"],
                item["target"],
                ", ".join(f"{name} {value}" for name, value in item["details"].items()),
            ]
            for item in page["items"]
        ],
    )
    if page["next_cursor"]:
        typer.echo(f"… and older ones; these are the newest {limit}")
