"""Printing what the gateway answered: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: Columns of a line that goes into a pipe: wide enough that nothing is broken there.
_PIPE_WIDTH = 400


def print_table(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print columns that stand under each other; long cells are folded on a terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in headings:
        table.add_column(heading, header_style="dim", overflow="fold")
    for row in rows:
        # Text, so that brackets in it are no markup.
        table.add_row(*(Text(printable(str(cell))) for cell in row))
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(highlight=False, width=width).print(table)


def print_json(document: Any) -> None:
    """Print what the gateway answered."""
    typer.echo(json.dumps(document, indent=2))


def printable(text: str) -> str:
    """The text without what a terminal would obey; line breaks stay."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
