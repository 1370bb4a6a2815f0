"""What the relay learns from the futures of its messages."""

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime

from gateway.relaying.due_row import DueRow
from gateway.relaying.publishing import publish_rows
from warren.contracts.ids import new_id
from warren.contracts.message import Dispatch
from warren.messaging.errors import MessageTooLarge, PublishRefused

ROW = DueRow(
    None, Dispatch(new_id(), 1, 1), 1, "test.echo", 1, "q", new_id(), "", {}, "low", None, None
)


class Broker:
    """Answers by message id: None confirms, an exception refuses, a missing one never answers."""

    connected = True

    def __init__(self, answers: dict[str, Exception | None]) -> None:
        self.answers = answers

    def ensure_queue(self, name: str) -> None:
        """Every queue exists."""

    def publish(
        self, routing_key: str, body: bytes, *, message_id: str | None = None
    ) -> "Future[None]":
        future: Future[None] = Future()
        if message_id in self.answers:
            answer = self.answers[message_id]
            if answer is None:
                future.set_result(None)
            else:
                future.set_exception(answer)
        return future


def test_each_message_ends_as_the_broker_says() -> None:
    rows = [replace(ROW, dispatch=Dispatch(new_id(), 1, n)) for n in range(4)]
    confirmed, too_large, refused, silent = rows
    broker = Broker(
        {
            str(confirmed.dispatch): None,
            str(too_large.dispatch): MessageTooLarge("17 MiB"),
            str(refused.dispatch): PublishRefused("full"),
        }
    )
    bodies = [(row, row.message().encode(datetime.now(UTC))) for row in (*rows[:3], silent)]

    published = publish_rows(broker, bodies, timeout=0.05)

    assert published.confirmed == [confirmed]
    assert [row for row, _ in published.impossible] == [too_large]
    assert published.error == "PublishRefused: full"


def test_silence_is_an_error_once_the_time_is_over() -> None:
    published = publish_rows(Broker({}), [(ROW, b"")], timeout=0.01)

    assert published.confirmed == []
    assert published.error == "1 messages were not confirmed within 0.01 s"
