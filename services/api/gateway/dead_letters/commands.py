"""`warren dead`: look at dead letters and resolve them, over HTTP."""

import json
from typing import Annotated, Any

import typer

from warren.cli.api_client import ApiClient, open_client
from warren.cli.bulk import start_if_meant
from warren.cli.shared_options import taking

app = typer.Typer(no_args_is_help=True, help="Look at dead letters, replay or discard them.")

_LETTERS = "/api/v1/dead-letters"
Filter = dict[str, str]
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


def letter_filter(
    queue: Queue = None, kind: Kind = None, source: Source = None, cause: CauseText = None
) -> dict[str, str]:
    """The filter as the gateway takes it: only what was named."""
    named = {"queue": queue, "kind": kind, "source": source, "cause": cause}
    return {name: value for name, value in named.items() if value}


@app.command()
@taking(letter_filter)
def causes(chosen: Filter) -> None:
    """Group the open letters by what went wrong, most frequent first."""
    with open_client() as client:
        items = client.get(f"{_LETTERS}/causes", chosen)["items"]
    for line in causes_table(items):
        typer.echo(line)


@app.command("list")
@taking(letter_filter)
def list_letters(
    chosen: Filter,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
) -> None:
    """Show the open letters, newest first."""
    with open_client() as client:
        page = client.get(_LETTERS, {**chosen, "limit": limit})
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
@taking(letter_filter)
def replay(chosen: Filter, letter: OneId = None, yes: Yes = False) -> None:
    """Start a letter's task again as its next generation; or those of all letters of a filter."""
    _check_one_or_many(letter, chosen)
    with open_client() as client:
        if letter is None:
            _act_on_many(client, "replay", {"filter": chosen}, yes=yes)
            return
        replayed = client.post(f"{_LETTERS}/{letter}/replay")
    typer.echo(f"task {replayed['task_id']} starts again")


@app.command()
@taking(letter_filter)
def discard(
    chosen: Filter,
    reason: Annotated[str, typer.Option(help="Why nothing is to be done about it.")],
    letter: OneId = None,
    yes: Yes = False,
) -> None:
    """Set a letter aside for good, or all letters of a filter; their tasks stay as they are."""
    _check_one_or_many(letter, chosen)
    with open_client() as client:
        if letter is None:
            _act_on_many(client, "discard", {"filter": chosen, "reason": reason}, yes=yes)
            return
        client.post(f"{_LETTERS}/{letter}/discard", {"reason": reason})
    typer.echo(f"dead letter {letter} is discarded")


def _check_one_or_many(letter: str | None, chosen: Filter) -> None:
    if (letter is None) != bool(chosen):
        raise typer.BadParameter("name one letter, or at least one condition such as --kind")


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
