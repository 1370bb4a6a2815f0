"""The `warren` command: what every installed part of the system contributes, under one name."""

import sys
from importlib.metadata import EntryPoint, entry_points, version

import typer

from warren.cli.clean import clean
from warren.cli.demo.command import demo
from warren.cli.kinds_command import kinds
from warren.cli.new_service import new_service
from warren.cli.tasks import tasks
from warren.cli.up import up
from warren.cli.worker_command import worker
from warren.cli.workers_command import app as workers
from warren.errors import ConfigurationError, WarrenError

COMMANDS_GROUP = "warren.commands"
_FAILED, _MISCONFIGURED = 1, 2


def main() -> None:
    """Run the command line; an error of ours is one line on stderr, never a traceback."""
    try:
        build_app()()
    except WarrenError as error:
        sys.stderr.write(f"warren: {error}\n")
        sys.exit(_MISCONFIGURED if isinstance(error, ConfigurationError) else _FAILED)


def build_app() -> typer.Typer:
    """Our own commands, and those of every distribution that is installed beside us."""
    app = typer.Typer(
        name="warren",
        help="A backend of AI job services. Start with `warren up` or `warren demo`.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.command()(up)
    app.command()(demo)
    app.command()(worker)
    app.command()(clean)
    app.command()(kinds)
    app.command()(new_service)
    app.add_typer(workers, name="workers")
    app.command("version")(show_version)
    app.add_typer(tasks, name="tasks")
    for entry in sorted(entry_points(group=COMMANDS_GROUP), key=lambda entry: entry.name):
        app.add_typer(_load(entry))
    return app


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
