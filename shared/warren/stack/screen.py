"""Shows a stack to a person: one live screen on a terminal, plain lines anywhere else."""

import time
from collections import deque
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from warren.stack.descriptor import StackDescriptor
from warren.stack.folder import StackFolder
from warren.stack.health import Health, HealthWatch
from warren.stack.hints import first_request
from warren.stack.keeper import UnitState, UnitStatus

_NEWS_LINES = 6
_COLOURS = {
    UnitState.RUNNING: "green",
    UnitState.STARTING: "yellow",
    UnitState.RESTARTING: "red",
    UnitState.ENDED: "red",
}


class Watched(Protocol):
    """What is shown of a stack."""

    @property
    def folder(self) -> StackFolder: ...
    @property
    def descriptor(self) -> StackDescriptor: ...
    def statuses(self) -> list[UnitStatus]: ...


class Screen(Protocol):
    """What `warren up` shows; a context manager."""

    def report(self, line: str) -> None:
        """Something happened; from any thread."""

    def watch(self, stack: Watched) -> None:
        """Show this stack from now on."""

    def ready(self, stack: Watched) -> None:
        """The stack takes work: say where and how."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def make_screen(console: Console | None = None) -> Screen:
    """A live screen when standard output is a terminal, else one that prints lines."""
    console = console or Console(highlight=False)
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)


class PlainScreen:
    """Lines for a log or a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def report(self, line: str) -> None:
        """One line per event."""
        self._print(f"warren: {line}")

    def watch(self, stack: Watched) -> None:
        """Nothing to show before something happens."""

    def ready(self, stack: Watched) -> None:
        """Address, key and a first request, once."""
        for line in _directions(stack.folder, stack.descriptor):
            self._print(line)

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False, soft_wrap=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


class LiveScreen:
    """Every part with its state, redrawn twice a second, and the latest news below."""

    def __init__(self, console: Console) -> None:
        self._stack: Watched | None = None
        self._health: HealthWatch | None = None
        self._directions: list[str] = []
        self._news: deque[str] = deque(maxlen=_NEWS_LINES)
        self._live = Live(console=console, refresh_per_second=2, get_renderable=self._render)

    def report(self, line: str) -> None:
        """Shown until newer lines have pushed it out."""
        self._news.append(f"{time.strftime('%H:%M:%S')}  {line}")

    def watch(self, stack: Watched) -> None:
        """Show the parts of this stack."""
        self._stack = stack

    def ready(self, stack: Watched) -> None:
        """Show what to do with it, and ask from now on how its parts are."""
        descriptor = stack.descriptor
        self._directions = _directions(stack.folder, descriptor)
        self._health = HealthWatch(descriptor.gateway_url, descriptor.api_key)
        self._health.start()

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._health:
            self._health.close()
        self._live.stop()

    def _render(self) -> Group:
        health = self._health.latest() if self._health else Health()
        return Group(
            Text("Warren", style="bold"),
            *(Text(line) for line in self._directions),
            "",
            _table(self._stack.statuses() if self._stack else [], health),
            "",
            Text("\n".join(self._news), style="dim"),
        )


def _directions(folder: StackFolder, descriptor: StackDescriptor) -> list[str]:
    first, *others = first_request(descriptor.gateway_url, descriptor.api_key)
    return [
        f"gateway  {descriptor.gateway_url}",
        f"key      {descriptor.api_key}",
        f"logs     {folder.logs}",
        f"try      {first}",
        *(f"         {line}" for line in others),
    ]


def _table(statuses: list[UnitStatus], health: Health) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for heading in ("part", "state", "pid", "restarts", "health"):
        table.add_column(heading, header_style="dim", justify="left")
    for status in statuses:
        table.add_row(
            status.name,
            Text(status.state, style=_COLOURS.get(status.state, "dim")),
            str(status.pid or ""),
            str(status.restarts or ""),
            status.problem or health.of(status),
        )
    return table
