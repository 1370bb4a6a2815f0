"""Stacks for a whole module, or for a whole run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warren.errors import ConfigurationError
from warren.stack.plan import StackPlan
from warren.stack.stack import Stack
from warren.testing.servers import missing_server


@contextmanager
def started_stack(root: Path, plan: StackPlan) -> Iterator[Stack]:
    """A stack that is ready; where a server is missing, skips, but in CI."""
    stack = Stack(root, plan)
    try:
        stack.start()
    except ConfigurationError as missing:
        missing_server(str(missing))
    try:
        yield stack
    finally:
        stack.stop()
