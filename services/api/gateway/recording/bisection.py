"""Find the items that make a batch fail, and let the others through."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from gateway.database_work import Stopping

T = TypeVar("T")


def bisect_failures(
    items: Sequence[T],
    attempt: Callable[[Sequence[T]], object],
    set_aside: Callable[[T, Exception], None],
) -> None:
    """Attempt all items at once; when that fails, halve until each bad one is alone.

    `attempt` does all or nothing. Items keep their order. Stopping passes through: whatever was
    not attempted then will be delivered again.
    """
    try:
        attempt(items)
    except Stopping:
        raise
    except Exception as error:  # noqa: BLE001 - whatever an item provokes is set aside with it
        if len(items) == 1:
            set_aside(items[0], error)
            return
        middle = len(items) // 2
        bisect_failures(items[:middle], attempt, set_aside)
        bisect_failures(items[middle:], attempt, set_aside)
