"""A lane's queue: listened to, or asked for one message. All in the connection's thread."""

from collections.abc import Callable
from typing import Any, Protocol

from pika import spec

from warren.messaging.connection import ConnectionThread
from warren.messaging.delivery import Delivery
from warren.messaging.inbox import Inbox
from warren.messaging.subscription import Subscription


class LaneOwner(Protocol):
    """Decides when a lane is listened to or asked."""

    def adjust(self) -> None:
        """Something has changed: a channel opened, an answer came, a consumer was closed."""

    def answer_lost(self) -> None:
        """A channel is gone, and with it the answer that was to come."""

    def came(self, lane: "LaneSubscription", delivery: Delivery) -> None:
        """The lane has brought a message."""


class LaneSubscription(Subscription):
    """Takes nothing from its queue but what its owner wants."""

    def __init__(
        self, queue: str, prefetch: int, inbox: Inbox, thread: ConnectionThread, owner: LaneOwner
    ) -> None:
        super().__init__(queue, prefetch, inbox, thread)
        self._owner = owner
        self._answer: Callable[[bool], None] | None = None

    @property
    def active(self) -> bool:
        """Whether messages can be had from this queue."""
        return self._is_open() and not self._stopped

    @property
    def listening(self) -> bool:
        """Whether the broker delivers by itself."""
        return self._consumer_tag is not None

    @property
    def hoarding(self) -> bool:
        """Whether it may bring more than one message before any is settled."""
        return self.listening and self._prefetch > 1

    def listen(self, prefetch: int) -> None:
        """Have so many messages delivered, until `close`; only if `active` and not `listening`."""
        self._subscribe(self._channel, prefetch)

    def ask(self, answer: Callable[[bool], None]) -> None:
        """Ask for one message; `answer` is told, once that is in, whether there was one.

        Only if `active` and not `listening`, and one at a time.
        """
        self._answer = answer
        receive = self._receiver(self._epoch)

        def receive_answer(*message: Any) -> None:
            receive(*message)
            self._answered(True)

        self._channel.basic_get(self.queue, receive_answer)

    def close(self) -> bool:
        """Listen no more, as soon as nothing can be on its way; False if it takes a while."""
        if self._is_full():
            self._cancel()
        else:
            self._close_consumer()
        return not self.listening

    def _begin(self, channel: Any) -> None:
        channel.add_callback(lambda _frame: self._answered(False), [spec.Basic.GetEmpty], False)
        self._owner.adjust()

    def _take_in(self, delivery: Delivery) -> None:
        self._owner.came(self, delivery)

    def _cancel_if_nothing_is_coming(self, seen: int) -> None:
        super()._cancel_if_nothing_is_coming(seen)
        if not self.listening:
            self._owner.adjust()

    def _answered(self, found: bool) -> None:
        answer, self._answer = self._answer, None
        self._works()
        if answer is not None:
            answer(found)
        self._check_ended()

    def _end_epoch(self) -> None:
        asked, self._answer = self._answer is not None, None
        super()._end_epoch()
        if asked:
            self._owner.answer_lost()

    def _check_ended(self) -> None:
        if self._answer is None:
            super()._check_ended()
