"""Rows that are measured one after the other, printed as they come, and put on a page if wanted."""

import argparse
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.report import replace_section


def print_rows(
    about: str | None, page: Path, section: str, rows: Callable[[int], Iterator[str]]
) -> None:
    """Measure `rows` in so many rounds as the command line says; with `--write`, into the page."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", action="store_true", help=f"into {page}")
    options = parser.parse_args()
    load = f"Load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(load, flush=True)
    lines = []
    for line in rows(options.rounds):
        print(line, flush=True)
        lines.append(line)
    if options.write:
        content = "\n".join([f"{load}; medians of {options.rounds} rounds.", "", *lines, ""])
        replace_section(page, section, content)
