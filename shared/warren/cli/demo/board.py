"""Shows how far each step is: bars on a terminal, lines elsewhere."""

import threading
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from warren.cli.demo.running import Ran
from warren.cli.demo.step import Report, Step

_WIDEST_MESSAGE = 44


class BarBoard:
    """A line with a bar for each step that has begun."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[said]}"),
            console=console,
        )
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def begin(self, step: Step) -> Report:
        """Show its bar."""
        bar = self._progress.add_task(step.title, total=100, said="")
        self._bars[step.title] = bar

        def show(percent: int, said: str) -> None:
            self._progress.update(bar, completed=percent, said=said[:_WIDEST_MESSAGE])

        return show

    def end(self, ran: Ran) -> None:
        """Fill it, or say what failed."""
        bar = self._bars[ran.step.title]
        if ran.outcome is None:
            self._progress.update(bar, said="failed")
        else:
            self._progress.update(bar, completed=100, said=ran.outcome.summary)
        self._progress.stop_task(bar)


class LineBoard:
    """A line when a step begins, and one when it has ended."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def begin(self, step: Step) -> Report:
        """Say so."""
        self._say(f"{step.title}: begun")
        return lambda _percent, _said: None

    def end(self, ran: Ran) -> None:
        """Say what came of it."""
        what = ran.outcome.summary if ran.outcome else f"failed: {ran.failure}"
        self._say(f"{ran.step.title}: {what} ({ran.seconds:.1f} s)")

    def _say(self, line: str) -> None:
        with self._lock:
            self._console.print(line, markup=False, soft_wrap=True)
