"""The publisher's window: order, confirms, deadlines, and what a lost channel means."""

from concurrent.futures import Future

from warren.messaging.errors import PublisherClosed, PublishTimeout
from warren.messaging.publish_window import Outgoing, PublishWindow


def _outgoing(name: str, *, deadline: float = 100.0, body: bytes = b"x") -> Outgoing:
    return Outgoing("", name, body, None, True, deadline, Future())


def _sent(window: PublishWindow) -> list[tuple[int, str]]:
    return [(tag, item.routing_key) for tag, item in window.to_send()]


def _window(*names: str, max_messages: int = 100) -> PublishWindow:
    window = PublishWindow(max_messages=max_messages, max_bytes=1000)
    for name in names:
        window.add(_outgoing(name))
    return window


def test_messages_are_sent_in_order_with_the_tags_they_will_have() -> None:
    # Given three messages
    window = _window("a", "b", "c")
    # Then they are sent in that order, once
    assert _sent(window) == [(1, "a"), (2, "b"), (3, "c")]
    assert _sent(window) == []


def test_no_more_than_the_window_is_in_flight() -> None:
    # Given a window of two and three messages
    window = _window("a", "b", "c", max_messages=2)
    assert _sent(window) == [(1, "a"), (2, "b")]
    # When the first is confirmed
    window.answered(1, multiple=False)
    # Then the third is sent
    assert _sent(window) == [(3, "c")]


def test_large_messages_fill_the_window_too() -> None:
    # Given messages of 600 bytes and room for 1000
    window = PublishWindow(max_messages=100, max_bytes=1000)
    for name in "abc":
        window.add(_outgoing(name, body=bytes(600)))
    # Then two are in flight (the second starts while there is room), and the third waits
    assert _sent(window) == [(1, "a"), (2, "b")]
    window.answered(2, multiple=True)
    assert _sent(window) == [(3, "c")]


def test_a_multiple_confirm_answers_all_up_to_its_tag() -> None:
    # Given four messages in flight, of which the second is confirmed already
    window = _window("a", "b", "c", "d")
    _sent(window)
    window.answered(2, multiple=False)
    # When the third is confirmed with all before it
    answered = window.answered(3, multiple=True)
    # Then these are the first and the third
    assert [item.routing_key for item in answered] == ["a", "c"]


def test_an_answer_for_an_unknown_tag_is_ignored() -> None:
    # Given a message that was confirmed
    window = _window("a")
    _sent(window)
    window.answered(1, multiple=False)
    # Then a second confirm finds nothing
    assert window.answered(1, multiple=False) == []
    assert window.answered(7, multiple=True) == []


def test_after_a_lost_channel_everything_is_sent_again_in_order() -> None:
    # Given two messages in flight, one of them returned, and one that waits
    window = _window("a", "b", "c", max_messages=2)
    _sent(window)
    window.returned(1, "NO_ROUTE")
    # When the channel is lost
    window.restart()
    # Then they go out in their order, with tags from one, and nothing sticks to them
    again = list(window.to_send())
    assert [(tag, item.routing_key) for tag, item in again] == [(1, "a"), (2, "b")]
    assert again[0][1].returned is None


def test_a_cancelled_message_is_skipped() -> None:
    # Given a message that its caller has cancelled
    window = PublishWindow()
    cancelled, wanted = _outgoing("a"), _outgoing("b")
    cancelled.future.cancel()
    window.add(cancelled)
    window.add(wanted)
    # Then only the other is sent
    assert _sent(window) == [(1, "b")]


def test_a_message_cannot_be_cancelled_once_it_is_sent() -> None:
    # Given a message in flight
    item = _outgoing("a")
    window = PublishWindow()
    window.add(item)
    _sent(window)
    # Then its caller can no longer cancel it, not even after a lost channel
    assert not item.future.cancel()
    window.restart()
    assert not item.future.cancel()
    assert _sent(window) == [(1, "a")]


def test_messages_past_their_deadline_fail_and_the_others_stay() -> None:
    # Given messages in flight and waiting, with rising deadlines
    window = PublishWindow(max_messages=2, max_bytes=1000)
    items = [_outgoing(name, deadline=deadline) for deadline, name in enumerate("abcd", start=1)]
    for item in items:
        window.add(item)
    _sent(window)
    # When the time of three of them is up
    window.expire(now=3.5)
    # Then those have failed, the first two unconfirmed, the third never sent
    errors = [item.future.exception() for item in items[:3]]
    assert all(isinstance(error, PublishTimeout) for error in errors)
    assert "no confirm" in str(errors[1])
    assert "no broker" in str(errors[2])
    assert not items[3].future.done()
    # And the one that is left can be sent
    assert _sent(window) == [(3, "d")]


def test_failing_all_leaves_nothing_open() -> None:
    # Given messages in flight and waiting
    window = PublishWindow(max_messages=1, max_bytes=1000)
    items = [_outgoing(name) for name in "ab"]
    for item in items:
        window.add(item)
    _sent(window)
    assert window
    # When the publisher closes
    window.fail_all(PublisherClosed("closed"))
    # Then each caller knows, and the window is empty
    assert all(isinstance(item.future.exception(), PublisherClosed) for item in items)
    assert not window
