"""`warren tasks`: find tasks, look at them, cancel and retry them, over HTTP."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

import typer

from warren.cli.api_client import ApiClient, open_client
from warren.cli.bulk import act_on_many
from warren.cli.shared_options import taking
from warren.cli.tables import print_json, print_table
from warren.cli.task_filter import task_filter
from warren.cli.task_views import HEADINGS, lines_of, row_of
from warren.client.errors import RefusedByGateway
from warren.contracts.ids import id_time

tasks = typer.Typer(help="Find tasks, look at them, cancel and retry them.", no_args_is_help=True)

_TASKS = "/api/v1/tasks"
_PAGE = 200
#: A rare task stands many pages away; each of them looks at 20,000 tasks.
_MOST_PAGES = 50
#: Of a history, as many as the gateway gives at once.
_ENTRIES = 500
TaskId = Annotated[str, typer.Argument(metavar="ID", help="The task's id.", show_default=False)]
TaskIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ID]...", help="Ids of tasks; or say which by options."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print what the gateway answers.")]
Filter = dict[str, Any]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@tasks.command("list")
@taking(task_filter)
def list_tasks(
    chosen: Filter,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List tasks, newest first: your own, or everybody's for operators."""
    with open_client() as client:
        found, cursor = _pages(client, chosen, limit)
    if as_json:
        print_json(found)
    elif found:
        print_table(HEADINGS, [row_of(task) for task in found])
    if cursor and not as_json:
        when = (id_time(UUID(cursor)) + timedelta(milliseconds=1)).isoformat()
        typer.echo(f"… there may be older ones: go on with --until {when}", err=True)
    elif not found and not as_json:
        typer.echo("no such task")


@tasks.command()
def show(task_id: TaskId, as_json: AsJson = False) -> None:
    """Show where a task stands, its last error, and how it got there."""
    with open_client() as client:
        task = f"{_TASKS}/{quote(task_id, safe='')}"
        status = client.get(f"{task}/status")
        history = whole_history(client, task)
    if as_json:
        print_json({**status, "history": history})
        return
    for line in lines_of(status, history):
        typer.echo(line)


@tasks.command()
@taking(task_filter)
def cancel(chosen: Filter, task_ids: TaskIds = None, yes: Yes = False) -> None:
    """Cancel tasks by their ids, or all unfinished ones of a filter; those that run end soon."""
    _act("cancel", "will be cancelled", task_ids or [], chosen, yes=yes)


@tasks.command()
@taking(task_filter)
def retry(chosen: Filter, task_ids: TaskIds = None, yes: Yes = False) -> None:
    """Start tasks again by their ids, or all failed ones of a filter (or in the states named)."""
    _act("retry", "will start again", task_ids or [], chosen, yes=yes)


def _pages(
    client: ApiClient, chosen: Mapping[str, Any], limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Tasks of the filter, and where to go on if there may be more."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    for _ in range(_MOST_PAGES):
        size = min(_PAGE, limit - len(found))
        page = client.get(_TASKS, {**chosen, "limit": size, "cursor": cursor})
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None or len(found) >= limit:
            break
    return found, cursor


def whole_history(client: ApiClient, task: str) -> list[dict[str, Any]]:
    """What has moved the task with this address, oldest first."""
    entries: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = client.get(f"{task}/history", {"limit": _ENTRIES, "cursor": cursor})
        entries += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return entries


def _act(action: str, what: str, task_ids: list[str], chosen: dict[str, Any], *, yes: bool) -> None:
    if bool(task_ids) == bool(chosen):
        raise typer.BadParameter("name ids of tasks, or at least one condition such as --kind")
    with open_client() as client:
        if chosen:
            act_on_many(client, f"{_TASKS}/{action}", {"filter": chosen}, what=what, yes=yes)
            return
        refused = [task_id for task_id in task_ids if not _done(client, action, task_id)]
    if refused:
        raise typer.Exit(1)


def _done(client: ApiClient, action: str, task_id: str) -> bool:
    try:
        status = client.post(f"{_TASKS}/{quote(task_id, safe='')}/{action}")
    except RefusedByGateway as error:
        typer.echo(f"task {task_id}: {error}", err=True)
        return False
    typer.echo(f"task {task_id} is {status['status']}")
    return True
