"""`warren queues`: see and steer queues, over HTTP."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from warren.cli.api_client import open_client
from warren.cli.bulk import act_on_many

app = typer.Typer(no_args_is_help=True, help="See and steer queues.")

_COLUMNS = ("waiting", "due", "in_flight", "unstarted", "workers", "slots")
Name = Annotated[str, typer.Argument(help="For example tts.default.")]


@app.command("list")
def list_queues() -> None:
    """Show every queue: what waits, what is in the broker, who serves it."""
    with open_client() as client:
        items = client.get("/api/v1/queues")["items"]
    for line in table(items):
        typer.echo(line)


@app.command()
def pause(name: Name) -> None:
    """Publish nothing more of a queue; what is in the broker already still runs."""
    with open_client() as client:
        client.post(f"/api/v1/queues/{name}/pause")
    typer.echo(f"{name} is paused; `warren queues resume {name}` lets it go on")


@app.command()
def resume(name: Name) -> None:
    """Let a paused queue go on."""
    with open_client() as client:
        client.post(f"/api/v1/queues/{name}/resume")
    typer.echo(f"{name} goes on")


@app.command()
def purge(
    name: Name, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False
) -> None:
    """Cancel all tasks that wait for a queue, whoever's they are; what runs goes on."""
    with open_client() as client:
        path = f"/api/v1/queues/{quote(name, safe='')}/purge"
        act_on_many(client, path, None, what=f"that wait for {name} will be cancelled", yes=yes)


def table(items: list[dict[str, Any]]) -> list[str]:
    """Lines of columns that stand under each other."""
    if not items:
        return ["no queue has tasks or workers"]
    rows = [["QUEUE", *(name.upper() for name in _COLUMNS), "OLDEST", ""]]
    rows += [
        [item["name"], *(str(item[name]) for name in _COLUMNS), _age(item), _note(item)]
        for item in items
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if n == 0 else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _age(item: dict[str, Any]) -> str:
    seconds = item["oldest_due_seconds"]
    return "-" if seconds is None else f"{seconds:.0f}s"


def _note(item: dict[str, Any]) -> str:
    return f"paused by {item['paused_by']}" if item["paused"] else ""
