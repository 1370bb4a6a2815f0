"""Which checkout a command is about."""

from pathlib import Path
from typing import Annotated

import typer

_SIGNS = (".warren", ".git")


def find_root(start: Path) -> Path:
    """The nearest folder from `start` upwards that is a checkout or has a stack, else `start`."""
    for folder in (start, *start.parents):
        if any((folder / sign).exists() for sign in _SIGNS):
            return folder
    return start


RootOption = Annotated[
    Path | None,
    typer.Option("--root", help="The folder whose .warren holds the state.", show_default=False),
]


def chosen_root(option: Path | None) -> Path:
    """The folder that was named, or the checkout around the working directory."""
    return option.resolve() if option else find_root(Path.cwd())
