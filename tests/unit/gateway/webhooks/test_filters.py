"""Which types of messages a filter names."""

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.webhooks.filters import DEFAULT_EVENTS, EventNames, is_wanted

NAMES: TypeAdapter[list[str]] = TypeAdapter(EventNames)


@pytest.mark.parametrize(
    ("type_", "events", "wanted"),
    [
        ("task.failed", ["task.failed"], True),
        ("task.failed", ["task.succeeded"], False),
        ("task.failed", ["task.*"], True),
        ("batch.finished", ["task.*"], False),
        ("batch.finished", DEFAULT_EVENTS, True),
        ("speech.synthesized.v1", ["speech.*"], True),
        ("speechless.v1", ["speech.*"], False),
        ("speech.synthesized.v1", DEFAULT_EVENTS, False),
        ("book.processed.v1", ["*"], True),
    ],
)
def test_a_name_is_a_type_or_how_it_begins(type_: str, events: list[str], wanted: bool) -> None:
    assert is_wanted(type_, events) is wanted


@pytest.mark.parametrize(
    "name", ["task.succeeded", "task.*", "*", "batch.finished", "book.processed.v1", "book.*"]
)
def test_what_there_may_be_is_taken(name: str) -> None:
    assert NAMES.validate_python([name]) == [name]


@pytest.mark.parametrize(
    "name", ["task.started", "Task.*", "", "*.v1", "book", "book.processed", "a\r\nb.v1", ".*"]
)
def test_what_there_never_is_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        NAMES.validate_python([name])
