"""Shows a stack to a person: one live screen on a terminal, plain lines anywhere else."""

import time
from collections import deque
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from warren.stack.health import Health, HealthWatch
from warren.stack.hints import first_request
from warren.stack.keeper import UnitState, UnitStatus
from warren.stack.stack import Stack

_NEWS_LINES = 6
_COLOURS = {
    UnitState.RUNNING: "green",
    UnitState.STARTING: "yellow",
    UnitState.RESTARTING: "red",
    UnitState.ENDED: "red",
}


class Screen(Protocol):
    """What `warren up` shows; a context manager."""

    def report(self, line: str) -> None:
        """Something happened; from any thread."""

    def show(self, stack: Stack) -> None:
        """Show this stack from now on."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def make_screen(console: Console | None = None) -> "Screen":
    """A live screen when standard output is a terminal, else one that prints lines."""
    console = console or Console(highlight=False)
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)


class PlainScreen:
    """Lines for a log or a pipe."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def report(self, line: str) -> None:
        """One line per event."""
        self._console.print(f"warren: {line}", markup=False, soft_wrap=True)

    def show(self, stack: Stack) -> None:
        """Address, key and a first request, once."""
        descriptor = stack.descriptor
        self.report(f"gateway {descriptor.gateway_url}, key {descriptor.api_key}")
        self.report(f"processes, addresses: {stack.folder.descriptor}; logs: {stack.folder.logs}")
        self.report(f"try: {first_request(descriptor.gateway_url, descriptor.api_key)}")

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
        self._stack: Stack | None = None
        self._health: HealthWatch | None = None
        self._news: deque[str] = deque(maxlen=_NEWS_LINES)
        self._live = Live(console=console, refresh_per_second=2, get_renderable=self._render)

    def report(self, line: str) -> None:
        """Shown until newer lines have pushed it out."""
        self._news.append(f"{time.strftime('%H:%M:%S')}  {line}")

    def show(self, stack: Stack) -> None:
        """Show the parts of this stack and ask how they are."""
        descriptor = stack.descriptor
        self._health = HealthWatch(descriptor.gateway_url, descriptor.api_key)
        self._health.start()
        self._stack = stack

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
        news = Text("\n".join(self._news), style="dim")
        if self._stack is None:
            return Group(Text("Warren is starting", style="bold"), news)
        health = self._health.latest() if self._health else Health()
        return Group(*_heading(self._stack), _table(self._stack.statuses(), health), news)


def _heading(stack: Stack) -> list[Text]:
    descriptor = stack.descriptor
    return [
        Text.assemble(("Warren ", "bold"), (descriptor.gateway_url, "bold cyan")),
        Text(f"key    {descriptor.api_key}"),
        Text(f"logs   {stack.folder.logs}"),
        Text(f"try    {first_request(descriptor.gateway_url, descriptor.api_key)}", style="dim"),
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
