"""Job messages: what Dramatiq would write, readable also when options are unknown."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from dramatiq.message import Message
from hypothesis import given
from hypothesis import strategies as st

from warren.contracts.ids import new_id
from warren.contracts.lanes import Lane, Pool, queue_name
from warren.contracts.message import Dispatch, JobMessage, JobOptions, UndecodableMessage
from warren.errors import ConfigurationError

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def _message(**options: Any) -> JobMessage:
    return JobMessage(
        dispatch=Dispatch(new_id(), 2, 3),
        kind="test.greet",
        queue="test.default",
        payload={"name": "Ада", "tags": [1, None]},
        options=JobOptions(customer_id=new_id(), **options),
    )


def test_a_message_survives_the_wire() -> None:
    message = _message(attempt=4, lane=Lane.LOW, expires_at=NOW, traceparent="00-aa-bb-01")

    assert JobMessage.decode(message.encode(NOW)) == message


def test_dramatiq_reads_it_as_its_own() -> None:
    message = _message()
    theirs: Message[Any] = Message.decode(message.encode(NOW))

    assert (theirs.actor_name, theirs.queue_name) == ("test.greet", "test.default")
    assert list(theirs.args) == [message.payload]
    assert theirs.message_id == str(message.dispatch)
    assert theirs.message_timestamp == int(NOW.timestamp() * 1000)


def test_unknown_options_and_fields_are_ignored() -> None:
    raw = orjson.loads(_message().encode(NOW))
    raw["options"]["added_later"] = 1
    raw["added_later"] = 2

    assert JobMessage.decode(orjson.dumps(raw)).kind == "test.greet"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"message_id": "abc"}, "message id 'abc' is not"),
        ({"message_id": None}, "is not <task>"),
        ({"args": []}, "not a job message"),
        ({"args": [1, 2]}, "not a job message"),
        ({"options": {}}, "customer_id"),
        ({"options": None}, "not a job message"),
    ],
)
def test_what_is_wrong_with_a_message_is_said(change: dict[str, Any], words: str) -> None:
    raw = {**orjson.loads(_message().encode(NOW)), **change}

    with pytest.raises(UndecodableMessage, match=words):
        JobMessage.decode(orjson.dumps(raw))


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    ).map(orjson.dumps)
)
def test_any_other_bytes_are_undecodable_and_nothing_else(body: bytes) -> None:
    with pytest.raises(UndecodableMessage):
        JobMessage.decode(body)


@given(st.text())
def test_any_other_message_id_is_undecodable_and_nothing_else(text: str) -> None:
    with pytest.raises(UndecodableMessage):
        Dispatch.parse(text)


def test_queues_are_named_by_service_pool_and_lane() -> None:
    assert queue_name("tts", Lane.CRITICAL) == "tts.critical"
    assert queue_name("image", Lane.LOW, Pool.GPU) == "image.gpu.low"


@pytest.mark.parametrize("service", ["", "Tts", "tts-worker", "tts.x", "1tts"])
def test_a_service_whose_name_is_no_word_has_no_queue(service: str) -> None:
    with pytest.raises(ConfigurationError, match="must be one lower-case word"):
        queue_name(service, Lane.DEFAULT)
