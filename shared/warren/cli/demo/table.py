"""What there is to say of all steps on a terminal."""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from warren.cli.demo.running import Ran


def table_of(ran: Sequence[Ran], folder: Path) -> Table:
    """What, how long, and where the result lies: a file, or a path of the gateway."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in ("what", "took", "result", "where"):
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for one in ran:
        took = f"{one.seconds:5.1f} s"
        if one.outcome is None:
            table.add_row(one.step.title, took, f"[red]failed[/red]: {one.failure}", "")
            continue
        where = one.outcome.where
        place = where if where.startswith("/") else _shown(folder / where)
        table.add_row(one.step.title, took, one.outcome.summary, place)
    return table


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
