"""What is declared, as a broker would see it."""

from typing import Any

from warren.messaging import topology


class FakeChannel:
    """Remembers declarations."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[str, Any]] = {}
        self.exchanges: dict[str, str] = {}
        self.bindings: list[tuple[str, str]] = []

    def queue_declare(
        self, queue: str, *, durable: bool = False, arguments: dict[str, Any] | None = None
    ) -> None:
        assert durable
        self.queues[queue] = arguments or {}

    def exchange_declare(self, exchange: str, exchange_type: str, *, durable: bool = False) -> None:
        assert durable
        self.exchanges[exchange] = exchange_type

    def queue_bind(self, queue: str, exchange: str) -> None:
        assert queue in self.queues
        assert exchange in self.exchanges
        self.bindings.append((queue, exchange))


def test_the_base_topology_is_complete() -> None:
    # When it is declared
    channel = FakeChannel()
    topology.declare_topology(channel)
    # Then every queue but the stream is a quorum queue whose limit is never reached
    stream = channel.queues.pop("warren.cancels")
    assert (stream["x-queue-type"], stream["x-max-age"]) == ("stream", "7D")
    assert set(channel.queues) == {
        "warren.status",
        "warren.control",
        "warren.intake",
        "warren.dead",
    }
    for arguments in channel.queues.values():
        assert arguments == {"x-queue-type": "quorum", "x-delivery-limit": 1_000_000}
    assert channel.exchanges == {"warren.dead": "fanout", "warren.events": "topic"}
    assert channel.bindings == [("warren.dead", "warren.dead")]


def test_a_job_queue_dead_letters_at_least_once() -> None:
    # When a job queue is declared
    channel = FakeChannel()
    topology.declare_job_queue(channel, "tts.default")
    # Then it has a limit, and what that needs to lose nothing
    assert channel.queues["tts.default"] == {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": "warren.dead",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }
