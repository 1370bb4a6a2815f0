"""`warren providers`: whom workers leave alone, and calling it again, over HTTP."""

from typing import Annotated
from urllib.parse import quote

import typer

from warren.cli.api_client import open_client
from warren.cli.tables import print_json, print_table

app = typer.Typer(no_args_is_help=True, help="Providers that workers leave alone for a while.")

AsJson = Annotated[bool, typer.Option("--json", help="Print what the gateway answers.")]
_WHY = {"asked": "asked for a pause", "failing": "fails again and again"}


@app.command("list")
def list_providers(as_json: AsJson = False) -> None:
    """List the providers that nobody calls now, why, and until when."""
    with open_client() as client:
        items = client.get("/api/v1/providers")["items"]
    if as_json:
        print_json(items)
    elif items:
        print_table(
            ["provider", "why", "until", "processes", "services"],
            [
                [
                    item["provider"],
                    _WHY.get(item["reason"], item["reason"]),
                    item["until"][:19].replace("T", " "),
                    item["processes"],
                    " ".join(item["services"]),
                ]
                for item in items
            ],
        )
    else:
        typer.echo("no live worker leaves a provider alone")


@app.command()
def release(
    provider: Annotated[str, typer.Argument(help="As `warren providers list` shows it.")],
) -> None:
    """Have a provider called again before its pause is over."""
    with open_client() as client:
        held = {item["provider"] for item in client.get("/api/v1/providers")["items"]}
        answer = client.post(f"/api/v1/providers/{quote(provider, safe='')}/release")
    if provider not in held:
        typer.echo(f"no live worker has said that it leaves {provider} alone", err=True)
    typer.echo(f"{provider} is called again; {answer['tasks']} tasks that waited for it run now")
    if not answer["complete"]:
        typer.echo("there are more such tasks: give the same command again", err=True)
