"""`warren demo`: a job of every domain side by side, a table, and a page."""

import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warren.cli.demo.domain import Domain
from warren.cli.root import RootOption, chosen_root
from warren.cli.stop_signals import stop_signals
from warren.errors import ConfigurationError, WarrenError

if TYPE_CHECKING:
    from rich.console import Console

    from warren.cli.demo.running import Ran
    from warren.stack.descriptor import StackDescriptor
    from warren.stack.folder import StackFolder


#: Columns of the table.
_WIDE = 200


class DemoInterrupted(WarrenError):
    """Ctrl-C."""


def demo(
    root: RootOption = None,
    only: Annotated[
        list[Domain] | None,
        typer.Option(help="A domain to show, and start the workers of; may be repeated."),
    ] = None,
) -> None:
    """Run a job of every domain side by side, and show on a page what came of them.

    Uses the stack that runs here, or starts one and stops it afterwards.
    """
    from rich.console import Console

    from warren.stack.folder import StackFolder

    console = Console(highlight=False)
    place = chosen_root(root)
    folder = StackFolder.of(place)
    domains = only or list(Domain)
    try:
        with _some_stack(place, domains, console) as stack:
            ran = _run(stack, domains, folder, console)
    except KeyboardInterrupt:
        raise DemoInterrupted("the demonstration was interrupted; everything is stopped") from None
    _tell_failures(ran, folder)


@contextmanager
def _some_stack(
    place: Path, domains: Collection[Domain], console: "Console"
) -> Iterator["StackDescriptor"]:
    from warren.cli.demo.tracks import services_of
    from warren.stack.descriptor import running_stack
    from warren.stack.plan import StackPlan, all_workers
    from warren.stack.stack import Stack

    running = running_stack(place)
    if running is not None:
        console.print(f"using the stack that runs here: {running.gateway_url}")
        yield running
        return

    def report(line: str) -> None:
        console.print(f"warren: {line}", markup=False, soft_wrap=True)

    workers = [worker for worker in all_workers() if worker.service in services_of(domains)]
    stack = Stack(place, StackPlan(workers=workers), report=report)
    with stop_signals(stack.kill_all):
        try:
            yield stack.start()
        finally:
            stack.stop()


def _run(
    stack: "StackDescriptor",
    domains: Collection[Domain],
    folder: "StackFolder",
    console: "Console",
) -> "list[Ran]":
    from rich.console import Console

    from warren.cli.demo.board import BarBoard, LineBoard
    from warren.cli.demo.client import DemoClient
    from warren.cli.demo.page import write_page
    from warren.cli.demo.running import run_all
    from warren.cli.demo.table import table_of
    from warren.cli.demo.tracks import services_of, tracks_of

    tracks = tracks_of({process.name for process in stack.processes}, domains)
    if not tracks:
        raise ConfigurationError(
            f"nothing of {', '.join(domains)} can be shown: this stack lacks a worker of"
            f" {', '.join(services_of(domains))}"
        )
    began = time.monotonic()
    board = BarBoard(console) if console.is_terminal else LineBoard(console)
    with DemoClient(stack.gateway_url, stack.api_key) as client, board:
        ran = run_all(tracks, client, folder.demo, board)
    seconds = time.monotonic() - began
    page = write_page(ran, seconds, folder.demo)
    console.print()
    # Wider than the terminal, so that paths can be copied whole.
    wide = Console(highlight=False, width=max(console.width, _WIDE))
    wide.print(table_of(ran, folder.demo), soft_wrap=True)
    console.print(f"\n{len(ran)} steps side by side in {seconds:.1f} s; see {page}", soft_wrap=True)
    return ran


def _tell_failures(ran: "Sequence[Ran]", folder: "StackFolder") -> None:
    from warren.stack.logs import tail

    failures = [one.failure for one in ran if one.failure is not None]
    if failures:
        log = folder.log(failures[0].process)
        others = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
        raise WarrenError(f"{failures[0]}{others}\n{log} ends with:\n{tail(log)}") from failures[0]
