"""What those get who wait for work that is done for many requests together."""

from asyncio import CancelledError, Future
from collections.abc import Iterable
from typing import TypeVar

from gateway.problems import DatabaseUnavailable, Problem

Answer = TypeVar("Answer")

#: More would be answered long after their clients have left.
WAITING_LIMIT = 10_000


def too_many(what: str) -> DatabaseUnavailable:
    """What a caller is told where WAITING_LIMIT others wait."""
    return DatabaseUnavailable(f"{WAITING_LIMIT} {what}; try again in a moment")


def answer(waiting: "Future[Answer]", said: Answer | Problem) -> None:
    """Tell whoever waits, unless its client has left; a Problem is raised there."""
    if waiting.done():
        return
    if isinstance(said, Problem):
        waiting.set_exception(said)
    else:
        waiting.set_result(said)


def fail(waiting: "Iterable[Future[Answer]]", error: BaseException) -> None:
    """Raise the error in all who wait; who is to be cancelled is."""
    for one in waiting:
        if isinstance(error, CancelledError):
            one.cancel()
        elif not one.done():
            one.set_exception(error)
