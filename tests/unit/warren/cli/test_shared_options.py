"""Commands that share options."""

from typing import Annotated, Any

import typer
from typer.testing import CliRunner

from warren.cli.shared_options import taking

Colour = Annotated[str | None, typer.Option(help="Only of this colour.")]


def _conditions(*, colour: Colour = None, size: int = 1) -> dict[str, Any]:
    return {"colour": colour, "size": size}


def _app() -> typer.Typer:
    app = typer.Typer()

    @app.command()
    @taking(_conditions)
    def paint(chosen: dict[str, Any], what: str, twice: bool = False) -> None:
        """Paint something."""
        typer.echo(f"{what} {chosen} {twice}")

    return app


def test_a_command_gets_what_its_shared_options_mean_beside_its_own() -> None:
    said = CliRunner().invoke(_app(), ["wall", "--colour", "red", "--twice", "--size", "2"])

    assert said.output == "wall {'colour': 'red', 'size': 2} True\n"


def test_its_help_tells_of_all_of_them() -> None:
    said = CliRunner().invoke(_app(), ["--help"]).output

    assert "Paint something." in said
    assert "Only of this colour." in said
    assert "chosen" not in said
