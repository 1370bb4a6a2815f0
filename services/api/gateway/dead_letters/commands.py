"""`warren dead`: look at dead letters and resolve them, over HTTP."""

import json
from typing import Annotated, Any

import typer

from warren.cli.api_client import open_client

app = typer.Typer(no_args_is_help=True, help="Look at dead letters, replay or discard them.")

_LETTERS = "/api/v1/dead-letters"
Id = Annotated[str, typer.Argument(help="The letter's id, as `warren dead list` shows it.")]
Queue = Annotated[str | None, typer.Option(help="Only of this queue, such as tts.default.")]
Kind = Annotated[str | None, typer.Option(help="Only of this job kind, such as tts.synthesize.")]
Source = Annotated[
    str | None,
    typer.Option(
        help="Only of this source: exhausted, permanent, crashed, lost, delivery_limit,"
        " undecodable or unknown_kind."
    ),
]


@app.command()
def causes(queue: Queue = None, kind: Kind = None, source: Source = None) -> None:
    """Group the open letters by what went wrong, most frequent first."""
    chosen = {"queue": queue, "kind": kind, "source": source}
    with open_client() as client:
        items = client.get(f"{_LETTERS}/causes", chosen)["items"]
    for line in causes_table(items):
        typer.echo(line)


@app.command("list")
def list_letters(
    queue: Queue = None,
    kind: Kind = None,
    source: Source = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
) -> None:
    """Show the open letters, newest first."""
    chosen = {"queue": queue, "kind": kind, "source": source, "limit": limit}
    with open_client() as client:
        page = client.get(_LETTERS, chosen)
    for line in letters_table(page["items"]):
        typer.echo(line)
    if page["next_cursor"]:
        typer.echo(f"… and older ones; these are the newest {limit}")


@app.command()
def show(letter: Id) -> None:
    """Print a letter with its message, error and traceback as JSON."""
    with open_client() as client:
        found = client.get(f"{_LETTERS}/{letter}")
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))


@app.command()
def replay(letter: Id) -> None:
    """Start the letter's task again, as its next generation."""
    with open_client() as client:
        replayed = client.post(f"{_LETTERS}/{letter}/replay")
    typer.echo(f"task {replayed['task_id']} starts again")


@app.command()
def discard(
    letter: Id, reason: Annotated[str, typer.Option(help="Why nothing is to be done about it.")]
) -> None:
    """Set a letter aside for good; its task stays as it is."""
    with open_client() as client:
        client.post(f"{_LETTERS}/{letter}/discard", {"reason": reason})
    typer.echo(f"dead letter {letter} is discarded")


def causes_table(items: list[dict[str, Any]]) -> list[str]:
    """A line for each cause."""
    if not items:
        return ["no dead letters"]
    return [
        f"{item['count']:>6}  {item['source']:<14}  {item['kind'] or '-':<20}  {item['cause']}"
        f"  (sample {item['sample_id']}{_moot(item['moot'])})"
        for item in items
    ]


def letters_table(items: list[dict[str, Any]]) -> list[str]:
    """A line for each letter."""
    if not items:
        return ["no dead letters"]
    return [
        f"{item['id']}  {item['recorded_at'][:19]}  {item['source']:<14}  {item['queue']:<16}"
        f"  {'(moot) ' if item['moot'] else ''}{item['error']['type']}: {item['error']['message']}"
        for item in items
    ]


def _moot(count: int) -> str:
    return f", {count} moot" if count else ""
