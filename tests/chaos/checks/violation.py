"""What a check reports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.chaos.evidence.model import Evidence


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken: its name, the task if it is about one, and what is wrong."""

    name: str
    message: str
    task: str | None = None


Check = Callable[[Evidence], Iterator[Violation]]
