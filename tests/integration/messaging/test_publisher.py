"""The publisher against a healthy broker, and against one that refuses."""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

import pytest

from warren.errors import WarrenError
from warren.messaging.errors import (
    MessageTooLarge,
    PublisherClosed,
    PublishRefused,
    Unroutable,
)
from warren.messaging.publisher import MAX_MESSAGE_BYTES, Publisher
from warren.messaging.topology import STATUS_QUEUE
from warren.testing.deadline import eventually

pytestmark = pytest.mark.rabbitmq


def _error(future: "Future[None]") -> BaseException | None:
    return future.exception(timeout=20)


def test_a_confirmed_message_is_in_the_queue_and_persistent(
    publisher: Publisher, channel: Any
) -> None:
    # When a message is published and confirmed
    publisher.publish(STATUS_QUEUE, b"{}", message_id="one").result(20)
    # Then it is there, with its id, and would survive the broker
    _, properties, body = channel.basic_get(STATUS_QUEUE, auto_ack=True)
    assert (body, properties.message_id, properties.delivery_mode) == (b"{}", "one", 2)


def test_messages_arrive_in_the_order_of_their_publishing(
    publisher: Publisher, channel: Any
) -> None:
    # When many are published without waiting
    futures = [publisher.publish(STATUS_QUEUE, str(n).encode()) for n in range(2000)]
    wait(futures, timeout=20)
    # Then the queue holds them in that order
    bodies = [channel.basic_get(STATUS_QUEUE, auto_ack=True)[2] for _ in range(2000)]
    assert bodies == [str(n).encode() for n in range(2000)]


def test_what_is_published_before_the_start_is_sent_after_it(amqp_url: str) -> None:
    # Given a publisher that has not been started
    publisher = Publisher(amqp_url, name="late", timeout=20)
    future = publisher.publish(STATUS_QUEUE, b"early")
    # When it starts
    publisher.start()
    # Then the message is confirmed
    assert _error(future) is None
    publisher.close(timeout=5)


def test_a_message_that_no_queue_takes_is_unroutable(publisher: Publisher) -> None:
    # When one of three goes to a queue that is not there
    good = publisher.publish(STATUS_QUEUE, b"{}")
    lost = publisher.publish("nobody.default", b"{}")
    better = publisher.publish(STATUS_QUEUE, b"{}")
    # Then only that one fails
    assert isinstance(_error(lost), Unroutable)
    assert _error(good) is None
    assert _error(better) is None


def test_a_message_that_need_not_be_routed_is_confirmed_without_a_queue(
    publisher: Publisher,
) -> None:
    # When nobody listens and the publisher says that this is fine
    future = publisher.publish("x.y", b"{}", exchange="warren.events", mandatory=False)
    # Then it is confirmed
    assert _error(future) is None


def test_a_missing_exchange_fails_its_messages_and_no_others(publisher: Publisher) -> None:
    # When messages for an exchange that does not exist are between others
    futures = [
        publisher.publish(STATUS_QUEUE, b"{}", exchange="no.such" if n % 10 == 5 else "")
        for n in range(100)
    ]
    # Then the broker closes the channel, yet just those fail
    errors = [_error(future) for future in futures]
    assert [type(error) for error in errors[5::10]] == [Unroutable] * 10
    assert [error for n, error in enumerate(errors) if n % 10 != 5] == [None] * 90


def test_a_full_queue_refuses(publisher: Publisher, channel: Any) -> None:
    # Given a queue that takes two messages
    channel.queue_declare(
        "tiny", durable=True, arguments={"x-max-length": 2, "x-overflow": "reject-publish"}
    )
    # When six are published
    futures = [publisher.publish("tiny", b"{}") for _ in range(6)]
    errors = [_error(future) for future in futures]
    # Then some are confirmed and the rest refused
    assert errors[0] is None
    assert isinstance(errors[-1], PublishRefused)


def test_an_oversized_message_is_refused_before_it_is_sent(publisher: Publisher) -> None:
    # When a message is larger than every broker accepts
    future = publisher.publish(STATUS_QUEUE, bytes(MAX_MESSAGE_BYTES + 1))
    # Then it fails for good, and the connection is none the worse
    assert isinstance(_error(future), MessageTooLarge)
    assert _error(publisher.publish(STATUS_QUEUE, b"{}")) is None


def test_a_job_queue_is_there_before_what_is_published_to_it(publisher: Publisher) -> None:
    # When a queue that no worker has declared is asked for, again and again
    for n in range(20):
        publisher.ensure_queue(f"fresh{n}.default")
        future = publisher.publish(f"fresh{n}.default", b"{}")
        # Then the first message finds it
        assert _error(future) is None


def test_a_deleted_queue_is_declared_again(publisher: Publisher, channel: Any) -> None:
    # Given a known queue that somebody deletes
    publisher.ensure_queue("tts.default")
    publisher.publish("tts.default", b"{}").result(20)
    channel.queue_delete("tts.default")
    # When the next messages are published
    futures = [publisher.publish("tts.default", b"{}") for _ in range(10)]
    # Then the queue is back and has them all
    assert [_error(future) for future in futures] == [None] * 10
    assert channel.queue_declare("tts.default", passive=True).method.message_count == 10


def test_a_queue_with_other_arguments_is_used_as_it_is(publisher: Publisher, channel: Any) -> None:
    # Given a job queue that somebody declared in his own way
    channel.queue_declare("odd.default", durable=True)
    publisher.publish(STATUS_QUEUE, b"{}").result(20)
    # When it is ensured and published to, beside other messages
    publisher.ensure_queue("odd.default")
    futures = [publisher.publish(q, b"{}") for q in ("odd.default", STATUS_QUEUE) * 5]
    # Then all arrive
    assert [_error(future) for future in futures] == [None] * 10


def test_closing_waits_for_the_confirms(amqp_url: str, channel: Any) -> None:
    # Given a thousand messages on their way
    publisher = Publisher(amqp_url, name="closing", timeout=20)
    publisher.start()
    futures = [publisher.publish(STATUS_QUEUE, b"{}") for _ in range(1000)]
    # When the publisher is closed at once, and once more
    publisher.close(timeout=20)
    publisher.close(timeout=20)
    # Then every one is confirmed, and nothing more is taken
    assert [_error(future) for future in futures] == [None] * 1000
    assert isinstance(_error(publisher.publish(STATUS_QUEUE, b"{}")), PublisherClosed)


def test_a_publisher_that_never_ran_can_be_closed(amqp_url: str) -> None:
    # Given a publisher with a message, that is not started
    publisher = Publisher(amqp_url, name="unborn", timeout=20)
    future = publisher.publish(STATUS_QUEUE, b"{}")
    # When it is closed
    publisher.close(timeout=5)
    # Then the message has failed
    assert isinstance(_error(future), PublisherClosed)


def test_a_cancelled_message_is_not_sent(amqp_url: str, channel: Any) -> None:
    # Given a message that its caller cancels before the publisher starts
    publisher = Publisher(amqp_url, name="cancelled", timeout=20)
    publisher.publish(STATUS_QUEUE, b"unwanted").cancel()
    wanted = publisher.publish(STATUS_QUEUE, b"wanted")
    # When it starts
    publisher.start()
    wanted.result(20)
    publisher.close(timeout=5)
    # Then only the other message is there
    assert channel.basic_get(STATUS_QUEUE, auto_ack=True)[2] == b"wanted"
    assert channel.basic_get(STATUS_QUEUE, auto_ack=True)[2] is None


def test_publishing_is_fast_enough_to_never_be_the_bottleneck(publisher: Publisher) -> None:
    # Given a warm connection
    publisher.publish(STATUS_QUEUE, b"{}").result(20)
    # When ten thousand small messages are published
    started = time.monotonic()
    futures = [publisher.publish(STATUS_QUEUE, bytes(500)) for _ in range(10_000)]
    wait(futures, timeout=20)
    # Then it takes seconds at the very most (measured: half a second)
    assert time.monotonic() - started < 5
    assert all(_error(future) is None for future in futures)


def test_an_idle_publisher_knows_that_it_is_connected(
    start_publisher: Callable[..., Publisher],
) -> None:
    # When a publisher has started
    publisher = start_publisher()
    # Then it says so, until it is closed
    eventually(lambda: publisher.connected)
    publisher.close(timeout=5)
    assert not publisher.connected


def test_errors_tell_a_caller_whether_to_wait(publisher: Publisher) -> None:
    # When something goes wrong
    error = _error(publisher.publish("nobody.default", b"{}"))
    # Then it is one of ours, with the name of the queue in it
    assert isinstance(error, WarrenError)
    assert "nobody.default" in str(error)
