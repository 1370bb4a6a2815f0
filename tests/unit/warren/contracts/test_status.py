"""Statuses on the wire."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from warren.contracts.ids import new_id
from warren.contracts.states import TERMINAL_STATES, TaskState
from warren.contracts.status import (
    Progress,
    Status,
    Succeeded,
    TaskProcessing,
    TaskProgress,
    TaskSucceeded,
    encode_statuses,
    parse_status,
    split_statuses,
)


def _head() -> dict[str, Any]:
    return {
        "id": new_id(),
        "task_id": new_id(),
        "generation": 1,
        "dispatch": 1,
        "attempt": 1,
        "run_id": new_id(),
        "incarnation": "host-1-2",
        "at": datetime.now(UTC),
    }


def _some() -> list[Status]:
    return [
        TaskProcessing(**_head()),
        TaskProgress(**_head(), data=Progress(percent=5)),
        TaskSucceeded(**_head(), data=Succeeded(result={"a": None}, processing_seconds=0.5)),
    ]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_statuses_survive_the_wire_alone_and_in_batches(count: int) -> None:
    statuses = _some()[-count:]
    body = encode_statuses(statuses)

    assert ("batch" in orjson.loads(body)) == (count > 1)
    assert [parse_status(raw) for raw in split_statuses(body)] == statuses


def test_a_null_within_a_result_is_kept() -> None:
    (raw,) = split_statuses(encode_statuses(_some()[2:]))

    assert raw["data"]["result"] == {"a": None}


def test_unknown_fields_are_ignored() -> None:
    (raw,) = split_statuses(encode_statuses(_some()[:1]))
    raw["added_later"] = 1

    assert isinstance(parse_status(raw), TaskProcessing)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "task.unheard_of"},
        {"type": None},
        {"generation": 0},
        {"at": "2026-11-22T12:00:00"},
        {"task_id": "x"},
        {"incarnation": None},
    ],
)
def test_a_bad_status_is_refused(change: dict[str, Any]) -> None:
    (raw,) = split_statuses(encode_statuses(_some()[:1]))

    with pytest.raises(ValidationError):
        parse_status({**raw, **change})


def test_a_bad_status_leaves_its_neighbours_readable() -> None:
    body = orjson.loads(encode_statuses(_some()))
    body["batch"][1] = "nonsense"

    good, _bad, other = split_statuses(orjson.dumps(body))

    assert isinstance(parse_status(good), TaskProcessing)
    assert isinstance(parse_status(other), TaskSucceeded)


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"\xff", b'{"batch": 5}'])
def test_what_is_no_status_message_is_said_so(body: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        split_statuses(body)


def test_four_states_are_terminal() -> None:
    assert {state for state in TaskState if state.is_terminal} == TERMINAL_STATES
    assert len(TERMINAL_STATES) == 4
