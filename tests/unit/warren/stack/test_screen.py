import io
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from warren.stack.descriptor import StackDescriptor
from warren.stack.folder import StackFolder
from warren.stack.keeper import UnitState, UnitStatus
from warren.stack.screen import LiveScreen, PlainScreen, make_screen

DESCRIPTOR = StackDescriptor(
    gateway_url="http://127.0.0.1:20001",
    api_key="wk_secret",
    amqp_url="amqp://broker",
    database_url="postgresql://database",
    artifacts_dir="/srv/.warren/artifacts",
    processes=[],
)


class FakeStack:
    """A stack of which only the looks exist."""

    folder = StackFolder(Path("/srv/.warren"))
    descriptor = DESCRIPTOR

    def __init__(self, statuses: Sequence[UnitStatus] = ()) -> None:
        self._statuses = list(statuses)

    def statuses(self) -> list[UnitStatus]:
        """As given."""
        return self._statuses


def console(*, terminal: bool) -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, force_terminal=terminal, width=100, highlight=False), output


def test_without_a_terminal_there_are_plain_lines_with_address_key_and_a_first_request() -> None:
    plain, output = console(terminal=False)
    screen = make_screen(plain)
    assert isinstance(screen, PlainScreen)

    with screen:
        screen.watch(FakeStack())
        screen.report("starting the services")
        screen.ready(FakeStack())

    lines = output.getvalue().splitlines()
    assert lines[0] == "warren: starting the services"
    assert "gateway  http://127.0.0.1:20001" in lines
    assert "key      wk_secret" in lines
    assert any("curl -s http://127.0.0.1:20001/api/v1/speech" in line for line in lines)


def test_a_terminal_shows_every_part_with_its_state_and_the_latest_news() -> None:
    live, output = console(terminal=True)
    screen = make_screen(live)
    assert isinstance(screen, LiveScreen)
    relay = UnitStatus("relay", UnitState.RESTARTING, restarts=2, problem="exit code 1")
    gateway = UnitStatus("gateway", UnitState.RUNNING, pid=4242)

    with screen:
        screen.watch(FakeStack([relay, gateway]))
        screen.report("relay: exit code 1; starting it again in 0.5 s")

    shown = output.getvalue()
    for words in ("relay", "restarting", "exit code 1", "4242", "starting it again"):
        assert words in shown
