"""`warren tasks`: look at a task, and cancel it."""

from typing import Annotated, Any

import typer

from warren.cli.api_client import open_client

tasks = typer.Typer(help="Look at tasks, and cancel them.", no_args_is_help=True)

TaskId = Annotated[str, typer.Argument(metavar="ID", help="The task's id.", show_default=False)]
#: What is shown of a task, in this order, where there is something to show.
_SHOWN = (
    "task_id",
    "kind",
    "status",
    "waiting_for",
    "progress",
    "message",
    "generation",
    "attempt",
    "max_attempts",
    "created_at",
    "due_at",
    "started_at",
    "finished_at",
)


@tasks.command()
def show(task_id: TaskId) -> None:
    """Show where a task stands, and how it got there."""
    with open_client() as client:
        status = client.get(f"/api/v1/tasks/{task_id}/status")
        history = client.get(f"/api/v1/tasks/{task_id}/history")
    for line in lines_of(status, history["items"]):
        typer.echo(line)


@tasks.command()
def cancel(task_id: TaskId) -> None:
    """Cancel a task; one that runs ends soon."""
    with open_client() as client:
        status = client.post(f"/api/v1/tasks/{task_id}/cancel")
    typer.echo(f"task {task_id} is {status['status']}")


def lines_of(status: dict[str, Any], history: list[dict[str, Any]]) -> list[str]:
    """The task as lines: what is known about it now, then what happened."""
    lines = [f"{name:<13} {status[name]}" for name in _SHOWN if status.get(name) is not None]
    if status.get("error"):
        lines.append(f"{'error':<13} {status['error']['type']}: {status['error']['message']}")
    return lines + [_entry(entry) for entry in history]


def _entry(entry: dict[str, Any]) -> str:
    run = f"{entry['generation']}.{entry['dispatch']}, attempt {entry['attempt']}"
    by = entry["data"].get("by")
    return f"  {entry['at']}  {entry['type']} ({run})" + (f" by {by}" if by else "")
