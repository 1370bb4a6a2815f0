"""`warren dead`: look at dead letters and resolve them, over HTTP."""

import json
from typing import Annotated, Any

import typer

from warren.cli.api_client import ApiClient, open_client
from warren.cli.bulk import start_if_meant

app = typer.Typer(no_args_is_help=True, help="Look at dead letters, replay or discard them.")

_LETTERS = "/api/v1/dead-letters"
Id = Annotated[str, typer.Argument(help="The letter's id, as `warren dead list` shows it.")]
OneId = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="A letter's id; or say which by options.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
CauseText = Annotated[
    str | None, typer.Option(help="Only of this cause, as `warren dead causes` shows it.")
]
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
def replay(
    letter: OneId = None,
    queue: Queue = None,
    kind: Kind = None,
    source: Source = None,
    cause: CauseText = None,
    yes: Yes = False,
) -> None:
    """Start a letter's task again as its next generation; or those of all letters of a filter."""
    chosen = _chosen(letter, queue=queue, kind=kind, source=source, cause=cause)
    with open_client() as client:
        if letter is None:
            _act_on_many(client, "replay", {"filter": chosen}, yes=yes)
            return
        replayed = client.post(f"{_LETTERS}/{letter}/replay")
    typer.echo(f"task {replayed['task_id']} starts again")


@app.command()
def discard(
    reason: Annotated[str, typer.Option(help="Why nothing is to be done about it.")],
    letter: OneId = None,
    queue: Queue = None,
    kind: Kind = None,
    source: Source = None,
    cause: CauseText = None,
    yes: Yes = False,
) -> None:
    """Set a letter aside for good, or all letters of a filter; their tasks stay as they are."""
    chosen = _chosen(letter, queue=queue, kind=kind, source=source, cause=cause)
    with open_client() as client:
        if letter is None:
            _act_on_many(client, "discard", {"filter": chosen, "reason": reason}, yes=yes)
            return
        client.post(f"{_LETTERS}/{letter}/discard", {"reason": reason})
    typer.echo(f"dead letter {letter} is discarded")


def _chosen(letter: str | None, **conditions: str | None) -> dict[str, str]:
    chosen = {name: value for name, value in conditions.items() if value}
    if (letter is None) != bool(chosen):
        raise typer.BadParameter("name one letter, or at least one condition such as --kind")
    return chosen


def _act_on_many(client: ApiClient, action: str, body: dict[str, Any], *, yes: bool) -> None:
    causes = client.get(f"{_LETTERS}/causes", body["filter"])["items"]
    for line in causes_table(causes):
        typer.echo(line)
    if causes:
        count = sum(cause["count"] for cause in causes)
        typer.echo(f"{count:,} dead letters: {action}")
        start_if_meant(client, f"{_LETTERS}/{action}", body, yes=yes)


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
