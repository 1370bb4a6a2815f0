"""`warren demo`: two texts go through the whole system and come out as audio files."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from warren.cli.root import RootOption, chosen_root
from warren.cli.stop_signals import stop_signals
from warren.errors import WarrenError

if TYPE_CHECKING:
    from rich.console import Console

    from warren.cli.demo_client import DemoClient, SpokenText
    from warren.cli.demo_texts import DemoText
    from warren.stack.descriptor import StackDescriptor
    from warren.stack.folder import StackFolder


class DemoInterrupted(WarrenError):
    """Ctrl-C."""


def demo(root: RootOption = None) -> None:
    """Speak a text through the whole system, and say where the audio lies.

    Uses the stack that runs here, or starts one and stops it afterwards.
    """
    from rich.console import Console

    from warren.stack.folder import StackFolder

    console = Console(highlight=False)
    place = chosen_root(root)
    try:
        with _some_stack(place, console) as stack:
            spoken = _speak_all(stack, StackFolder.of(place), console)
    except KeyboardInterrupt:
        raise DemoInterrupted("the demonstration was interrupted; everything is stopped") from None
    _print_table(spoken, console)


@contextmanager
def _some_stack(place: Path, console: "Console") -> Iterator["StackDescriptor"]:
    from warren.stack.descriptor import running_stack
    from warren.stack.stack import Stack

    running = running_stack(place)
    if running is not None:
        console.print(f"using the stack that runs here: {running.gateway_url}")
        yield running
        return

    def report(line: str) -> None:
        console.print(f"warren: {line}", markup=False, soft_wrap=True)

    stack = Stack(place, report=report)
    with stop_signals(stack.kill_all):
        try:
            yield stack.start()
        finally:
            stack.stop()


def _speak_all(
    stack: "StackDescriptor", folder: "StackFolder", console: "Console"
) -> list["SpokenText"]:
    from warren.cli.demo_client import DemoClient, DemoFailed
    from warren.cli.demo_texts import DEMO_TEXTS
    from warren.stack.logs import tail

    with DemoClient(stack.gateway_url, stack.api_key) as client:
        try:
            return [_speak(client, text, folder.demo, console) for text in DEMO_TEXTS]
        except DemoFailed as failure:
            log = folder.log(failure.process)
            raise WarrenError(f"{failure}\n{log} ends with:\n{tail(log)}") from failure


def _speak(
    client: "DemoClient", text: "DemoText", folder: Path, console: "Console"
) -> "SpokenText":
    began = time.monotonic()
    task_id = client.submit(text)
    if console.is_terminal:
        _follow_with_bar(client, text, task_id, console)
    else:
        client.follow(task_id, lambda state, percent: console.print(_line(text, state, percent)))
    return client.download(task_id, folder, text, began)


def _follow_with_bar(
    client: "DemoClient", text: "DemoText", task_id: str, console: "Console"
) -> None:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(text.title, total=100)

        def show(state: str, percent: int) -> None:
            done = 100 if state == "succeeded" else percent
            progress.update(bar, completed=done, description=f"{text.title}: {state}")

        client.follow(task_id, show)


def _line(text: "DemoText", state: str, percent: int) -> str:
    return f"{text.title}: {state}" + (f", {percent} %" if 0 < percent < 100 else "")


def _print_table(spoken: list["SpokenText"], console: "Console") -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for heading in ("text", "audio", "took", "voice", "file"):
        table.add_column(heading, no_wrap=True, overflow="ignore")
    for one in spoken:
        seconds, elapsed = f"{one.audio_seconds:.1f} s", f"{one.elapsed:.2f} s"
        table.add_row(one.title, seconds, elapsed, one.voice, str(one.path))
    console.print(table, soft_wrap=True)
