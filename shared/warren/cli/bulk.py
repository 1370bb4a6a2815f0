"""Bulk actions of the command line: how many would it be, is that meant, and off it goes."""

from typing import Any

import typer

from warren.cli.api_client import ApiClient


def act_on_many(client: ApiClient, path: str, body: Any, *, what: str, yes: bool) -> None:
    """Count what the action at `path` means, ask unless `yes`, and start it.

    `what` tells what will happen, such as "will be cancelled". Ends the command with exit code 1
    if that is not wanted.
    """
    count = client.post(f"{path}?dry_run=true", body)
    typer.echo(f"{counted(count)} {what}")
    if count["count"] or not count["complete"]:
        start_if_meant(client, path, body, yes=yes)


def start_if_meant(client: ApiClient, path: str, body: Any, *, yes: bool) -> None:
    """Ask unless `yes`, start the action, and say which task it is."""
    if not yes:
        typer.confirm("Go on?", abort=True)
    task = client.post(path, body)["task_id"]
    typer.echo(f"task {task} does it: `warren tasks show {task}` says how far it is,")
    typer.echo(f"`warren tasks cancel {task}` ends it; what is done by then stays done")


def counted(count: dict[str, Any]) -> str:
    """For example: 1,201 tasks (1,200 pending, 1 processing)."""
    total = count["count"]
    number = f"{total:,} task{'' if total == 1 else 's'}"
    if not count["complete"]:
        number = f"at least {number}"
    states = ", ".join(f"{n:,} {state}" for state, n in sorted(count["by_state"].items()))
    return f"{number} ({states})" if states else number
