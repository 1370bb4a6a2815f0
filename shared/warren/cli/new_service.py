"""`warren new-service NAME`: a further service that runs, with a test that passes."""

from pathlib import Path
from typing import Annotated

import typer

from warren.cli.new_service_files import write_service
from warren.cli.new_service_names import check_free, service_names
from warren.errors import ConfigurationError

#: What makes a folder the root of a checkout.
_SIGNS = (Path("services"), Path("shared") / "warren")


def new_service(
    name: Annotated[str, typer.Argument(help="What it is called, for example picture-worker.")],
    root: Annotated[
        Path | None, typer.Option(help="The checkout; the one around here if left out.")
    ] = None,
) -> None:
    """Write a service into services/, and its test into tests/unit/; change nothing else."""
    names = service_names(name)
    checkout = _checkout(root.resolve() if root else Path.cwd())
    check_free(names, checkout)
    write_service(names, checkout)
    typer.echo(
        f"services/{names.distribution} is written: its jobs are named {names.service}.…\n"
        f"  install it   make setup\n"
        f"  test it      .venv/bin/python -m pytest tests/unit/{names.package}\n"
        f"  run it       .venv/bin/warren worker {names.distribution} (`make up` does, too)"
    )


def _checkout(start: Path) -> Path:
    for folder in (start, *start.parents):
        if all((folder / sign).is_dir() for sign in _SIGNS):
            return folder
    raise ConfigurationError(
        f"{start} is in no checkout of Warren (a folder with services/ and shared/warren/): "
        "go into one, or name one with --root"
    )
