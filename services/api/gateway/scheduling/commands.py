"""`warren schedules`: see, switch, run and make schedules, over HTTP."""

import json
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from warren.cli.api_client import ApiClient, open_client

app = typer.Typer(no_args_is_help=True, help="See, switch, run and make schedules.")

_SCHEDULES = "/api/v1/schedules"
_HEADINGS = ("name", "kind", "cron", "zone", "next run", "last run", "last task", "")
Name = Annotated[str, typer.Argument(help="The schedule's name or id.")]


@app.command("list")
def list_schedules(
    kind: Annotated[str | None, typer.Option(help="Only of this job kind.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the gateway answers.")
    ] = False,
) -> None:
    """Show schedules with their next and their last run, in UTC."""
    with open_client() as client:
        items = list(_all(client, kind))
    if as_json:
        typer.echo(json.dumps(items, indent=2, ensure_ascii=False))
        return
    for line in table(items):
        typer.echo(line)


@app.command()
def enable(schedule: Name) -> None:
    """Let a schedule fire; what was missed meanwhile is not made up for."""
    with open_client() as client:
        view = client.patch(_path(schedule), {"enabled": True})
    typer.echo(f"{view['name']} is enabled; it runs next at {_minute(view['next_run_at'])}")


@app.command()
def disable(schedule: Name) -> None:
    """Let a schedule fire no more until it is enabled."""
    with open_client() as client:
        view = client.patch(_path(schedule), {"enabled": False})
    typer.echo(f"{view['name']} is disabled; `warren schedules enable {view['name']}` undoes it")


@app.command()
def run(schedule: Name) -> None:
    """Submit a schedule's task now; its times stay as they are."""
    with open_client() as client:
        task = client.post(f"{_path(schedule)}/run")
    typer.echo(f"task {task['task_id']} is {task['status']}")


@app.command()
def create(
    kind: Annotated[str, typer.Argument(help="The job kind, such as tts.synthesize.")],
    cron: Annotated[str, typer.Argument(help="Five fields, such as '0 2 * * *'.")],
    payload: Annotated[str, typer.Option(help="The job's payload, as JSON.")] = "{}",
    name: Annotated[str | None, typer.Option(help="Your word for it, instead of its id.")] = None,
    timezone: Annotated[str, typer.Option(help="Such as Europe/Berlin.")] = "UTC",
    missed: Annotated[
        str, typer.Option(help="One task for all missed times (coalesce), or one each (catch_up).")
    ] = "coalesce",
    jitter: Annotated[float, typer.Option(help="Delay each by up to so many seconds.")] = 0,
) -> None:
    """Make a schedule of your own."""
    try:
        document = json.loads(payload)
    except ValueError as error:
        raise typer.BadParameter(f"--payload is not JSON: {error}") from error
    body = {
        "kind": kind,
        "cron": cron,
        "payload": document,
        "name": name,
        "timezone": timezone,
        "missed": missed,
        "jitter_seconds": jitter,
    }
    with open_client() as client:
        view = client.post(_SCHEDULES, body)
    typer.echo(f"{view['name']} runs next at {_minute(view['next_run_at'])}")


@app.command()
def delete(schedule: Name) -> None:
    """Delete a schedule of your own; its tasks stay."""
    with open_client() as client:
        client.delete(_path(schedule))
    typer.echo(f"{schedule} is deleted")


def table(items: list[dict[str, Any]]) -> list[str]:
    """Lines of columns that stand under each other."""
    if not items:
        return ["no schedules"]
    rows = [
        [
            *(item[key] for key in ("name", "kind", "cron", "timezone")),
            _minute(item["next_run_at"]),
            _minute(item["last_run_at"]),
            item["last_task_status"] or "-",
            _note(item),
        ]
        for item in items
    ]
    rows.insert(0, [heading.upper() for heading in _HEADINGS])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _all(client: ApiClient, kind: str | None) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = client.get(_SCHEDULES, {"kind": kind, "cursor": cursor, "limit": 200})
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _path(schedule: str) -> str:
    return f"{_SCHEDULES}/{quote(schedule, safe='')}"


def _minute(moment: str | None) -> str:
    return "-" if moment is None else moment[:16].replace("T", " ")


def _note(item: dict[str, Any]) -> str:
    if not item["enabled"]:
        return "disabled"
    if item["retired_because"]:
        return str(item["retired_because"]).replace("_", " ")
    return f"refused: {item['refusal']}" if item["refusal"] else ""
