"""`warren up`: the whole system on this machine until Ctrl-C."""

import threading
from typing import Annotated

import typer

from warren.cli.root import RootOption, chosen_root
from warren.cli.stop_signals import stop_signals


def up(
    root: RootOption = None,
    port: Annotated[
        int | None, typer.Option(help="The gateway's port; a free one if left out.")
    ] = None,
) -> None:
    """Start every part of the system and keep it running until Ctrl-C."""
    from warren.stack.plan import StackPlan
    from warren.stack.screen import make_screen
    from warren.stack.stack import Stack

    screen = make_screen()
    stack = Stack(chosen_root(root), StackPlan(gateway_port=port), report=screen.report)
    with stop_signals(stack.kill_all), screen:
        screen.watch(stack)
        try:
            stack.start()
            screen.ready(stack)
            threading.Event().wait()
        except KeyboardInterrupt:
            stack.stop()
