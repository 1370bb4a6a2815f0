"""Reading why the broker closed a channel, in RabbitMQ's own words."""

from concurrent.futures import Future

import pytest

from warren.messaging.closures import Closure
from warren.messaging.errors import PublishRefused, Unroutable
from warren.messaging.publish_window import Outgoing


def _item(exchange: str = "") -> Outgoing:
    return Outgoing(exchange, "key", b"", None, True, 0.0, Future())


def test_a_missing_exchange_is_the_fault_of_its_messages_alone() -> None:
    # Given what RabbitMQ says about a missing exchange
    closure = Closure.parse(404, "NOT_FOUND - no exchange 'nowhere' in vhost '/'")
    # Then its messages are unroutable, and others are sent again however often it happens
    assert isinstance(closure.verdict(_item("nowhere"), 3), Unroutable)
    other = _item()
    assert [closure.verdict(other, 3) for _ in range(5)] == [None] * 5


def test_a_queue_with_other_arguments_is_nobodys_fault() -> None:
    # Given what RabbitMQ says about a queue declared differently
    closure = Closure.parse(
        406,
        "PRECONDITION_FAILED - inequivalent arg 'x-delivery-limit' for queue 'tts.low' in vhost "
        "'/': received the value '20' of type 'signedint' but current is none",
    )
    # Then the queue is named, and messages are sent again
    assert closure.mismatched_queue == "tts.low"
    item = _item()
    assert [closure.verdict(item, 3) for _ in range(5)] == [None] * 5


@pytest.mark.parametrize("text", ["PRECONDITION_FAILED - message size 200 is larger", "who knows"])
def test_a_message_that_is_there_every_time_is_given_up(text: str) -> None:
    # Given a channel closed for a reason that names nobody
    closure = Closure.parse(406, text)
    item = _item()
    # When it happens three times with the same message in flight
    verdicts = [closure.verdict(item, 3) for _ in range(3)]
    # Then the message is refused, with the reason
    assert verdicts[:2] == [None, None]
    assert isinstance(verdicts[2], PublishRefused)
    assert text in str(verdicts[2])
