"""The `warren` command: what every installed part of the system contributes, under one name."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points, version
from types import MappingProxyType
from typing import Any

import typer

from warren.errors import ConfigurationError, WarrenError
from warren.loading import without_collection

COMMANDS_GROUP = "warren.commands"
_FAILED, _MISCONFIGURED = 1, 2
#: Our own, and where each is defined. The stack starts one process after the other with this
#: command: none loads what only another needs.
_OWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "up": ("warren.cli.up", "up"),
        "demo": ("warren.cli.demo.command", "demo"),
        "worker": ("warren.cli.worker_command", "worker"),
        "clean": ("warren.cli.clean", "clean"),
        "kinds": ("warren.cli.kinds_command", "kinds"),
        "new-service": ("warren.cli.new_service", "new_service"),
        "workers": ("warren.cli.workers_command", "app"),
        "version": ("warren.cli.main", "show_version"),
        "tasks": ("warren.cli.tasks", "tasks"),
    }
)


def main() -> None:
    """Run the command line; an error of ours is one line on stderr, never a traceback."""
    try:
        with without_collection():
            app = app_for(sys.argv[1:])
        app()
    except WarrenError as error:
        sys.stderr.write(f"warren: {error}\n")
        sys.exit(_MISCONFIGURED if isinstance(error, ConfigurationError) else _FAILED)


def app_for(words: Sequence[str]) -> typer.Typer:
    """A command line that knows the command these words begin with, if there is such a one; else
    all commands."""
    name = words[0] if words else ""
    app = _empty_app()
    if name in _OWN:
        _add_own(app, name)
        return app
    for entry in _entries(name):
        commands = _load(entry)
        if name in _names(commands):
            app.add_typer(commands)
            return app
    return build_app()


def build_app() -> typer.Typer:
    """Our own commands, and those of every distribution that is installed beside us."""
    app = _empty_app()
    for name in _OWN:
        _add_own(app, name)
    for entry in _entries():
        app.add_typer(_load(entry))
    return app


def _empty_app() -> typer.Typer:
    app = typer.Typer(
        name="warren",
        help="A backend of AI job services. Start with `warren up` or `warren demo`.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_of_all_commands)
    return app


def _of_all_commands() -> None:
    # With a callback, one command alone is still called by its name.
    return None


def _add_own(app: typer.Typer, name: str) -> None:
    module, attribute = _OWN[name]
    found: typer.Typer | Callable[..., Any] = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        app.add_typer(found, name=name)
    else:
        app.command(name)(found)


def _entries(first: str = "") -> list[EntryPoint]:
    """What other distributions contribute; what is called `first` comes first."""
    found = entry_points(group=COMMANDS_GROUP)
    return sorted(found, key=lambda entry: (entry.name != first, entry.value))


def _names(app: typer.Typer) -> Iterator[str]:
    for command in app.registered_commands:
        called: str = command.name or command.callback.__name__  # type: ignore[union-attr]
        yield called.replace("_", "-")
    for group in app.registered_groups:
        if isinstance(group.name, str):
            yield group.name


def _load(entry: EntryPoint) -> typer.Typer:
    try:
        commands: typer.Typer = entry.load()
    except ImportError as error:
        owner = entry.dist.name if entry.dist else entry.value
        raise ConfigurationError(
            f"the commands of {owner} cannot be loaded ({error}): run `make setup`"
        ) from error
    return commands


def show_version() -> None:
    """Print the installed version."""
    typer.echo(version("warren-shared"))
