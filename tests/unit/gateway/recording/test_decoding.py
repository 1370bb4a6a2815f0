"""Status messages, good and bad."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.recording.decoding import read_statuses, rejection, storable
from warren.contracts.ids import new_id


def raw(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "type": "task.processing",
        "task_id": str(new_id()),
        "generation": 1,
        "dispatch": 1,
        "attempt": 1,
        "run_id": str(new_id()),
        "incarnation": "h-1-1",
        "at": datetime.now(UTC).isoformat(),
        **changes,
    }


def test_single_statuses_and_batches_keep_their_order() -> None:
    first, second, third = raw(), raw(), raw()
    bodies = [orjson.dumps(first), orjson.dumps({"batch": [second, third]})]

    reported, rejected = read_statuses(bodies)

    assert [str(item.status.id) for item in reported] == [first["id"], second["id"], third["id"]]
    assert rejected == []


def test_a_bad_status_does_not_take_its_batch_along() -> None:
    good, bad = raw(), raw(generation=0)

    reported, rejected = read_statuses([orjson.dumps({"batch": [bad, good]})])

    assert [str(item.status.id) for item in reported] == [good["id"]]
    assert orjson.loads(rejected[0].body) == bad
    assert "generation" in rejected[0].error


def test_a_rejection_does_not_quote_what_may_be_a_customers() -> None:
    _, (rejected,) = read_statuses([orjson.dumps(raw(generation="my secret"))])

    assert "my secret" not in rejected.error


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"1", b'{"batch": {}}', b'{"batch": [7]}'])
def test_what_is_no_status_is_rejected_as_it_came(body: bytes) -> None:
    reported, rejected = read_statuses([body])

    assert reported == []
    assert len(rejected) == 1


@given(st.text())
def test_nul_becomes_a_replacement_character_and_nothing_else_changes(text: str) -> None:
    body = orjson.dumps({"message": text})

    assert orjson.loads(storable(body)) == {"message": text.replace("\x00", "\ufffd")}


@given(st.text(alphabet="\\u0\x00a", max_size=12))
def test_nul_is_found_behind_any_number_of_backslashes(text: str) -> None:
    body = orjson.dumps([text])

    assert orjson.loads(storable(body)) == [text.replace("\x00", "\ufffd")]


def test_an_error_text_can_be_stored() -> None:
    assert "\x00" not in rejection(b"", ValueError("a\x00" * 5000)).error
    assert len(rejection(b"", ValueError("a" * 5000)).error) <= 2000
