"""Which messages a receiver wants: names of types, or how they begin."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field

from warren.contracts.events import MAX_EVENT_TYPE, is_event_type
from warren.contracts.states import TERMINAL_STATES, TaskState

BATCH_FINISHED = "batch.finished"
PING = "webhook.ping"
#: What a receiver is told that names nothing.
DEFAULT_EVENTS = ("task.*", BATCH_FINISHED)
_EVERYTHING, _REST = "*", ".*"


def task_type(state: TaskState) -> str:
    """The type of a message about the end of a task."""
    return f"task.{state.value}"


_OF_TASKS = frozenset(task_type(state) for state in TERMINAL_STATES)
_KNOWN = _OF_TASKS | {_EVERYTHING, BATCH_FINISHED}


def is_wanted(type_: str, events: Iterable[str]) -> bool:
    """Whether one of the filter's names is this type, or the beginning of it (`task.*`)."""
    return any(
        name in (type_, _EVERYTHING)
        or (name.endswith(_REST) and type_.startswith(name.removesuffix("*")))
        for name in events
    )


def _checked(name: str) -> str:
    start = name.removesuffix(_REST)
    if name in _KNOWN or is_event_type(name):
        return name
    # What begins names of events, however many parts it has.
    if start != name and is_event_type(f"{start}.any.v1"):
        return name
    raise ValueError(
        f"must be one of {', '.join(sorted(_OF_TASKS))}, {BATCH_FINISHED}, the type of an event "
        "such as speech.synthesized.v1, the beginning of some such as task.*, or *"
    )


EventName = Annotated[str, Field(max_length=MAX_EVENT_TYPE), AfterValidator(_checked)]
EventNames = Annotated[list[EventName], Field(min_length=1, max_length=50)]
