"""What was handed to the publisher and has no answer yet, in order."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from warren.errors import WarrenError
from warren.messaging.errors import PublishTimeout
from warren.messaging.measures import messaging_numbers


@dataclass(slots=True, eq=False)
class Outgoing:
    """A message on its way, with the future that tells its caller about it."""

    exchange: str
    routing_key: str
    body: bytes
    message_id: str | None
    mandatory: bool
    #: On the monotonic clock.
    deadline: float
    future: Future[None]
    #: Why the broker sent it back; its confirm is still to come.
    returned: str | None = None
    #: How often the broker closed the channel while it was in flight.
    closures: int = 0
    #: Whether its queue was declared anew because the message found none.
    redeclared: bool = False

    def begin(self) -> bool:
        """False if the caller has cancelled it; from now on it cannot be cancelled."""
        return self.future.running() or self.future.set_running_or_notify_cancel()

    def fail(self, error: WarrenError) -> None:
        """Tell the caller, unless it has cancelled."""
        if self.begin():
            messaging_numbers().failed(type(error).__name__)
            self.future.set_exception(error)


class PublishWindow:
    """Messages that wait to be sent, and those in flight by their delivery tag.

    Only `add` may be called from any thread; the rest belongs to the connection's thread.
    """

    def __init__(self, max_messages: int = 4096, max_bytes: int = 32 * 1024 * 1024) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._waiting: deque[Outgoing] = deque()
        self._in_flight: OrderedDict[int, Outgoing] = OrderedDict()
        self._bytes = 0
        self._last_tag = 0

    def __bool__(self) -> bool:
        return bool(self._waiting or self._in_flight)

    def add(self, item: Outgoing) -> None:
        """Queue a message behind the others."""
        self._waiting.append(item)

    def put_back(self, item: Outgoing) -> None:
        """Queue a message before the others, to be sent again."""
        self._waiting.appendleft(item)

    def to_send(self) -> Iterator[tuple[int, Outgoing]]:
        """Messages that may be sent now, each with the delivery tag it will have."""
        while self._waiting and self._has_room():
            item = self._waiting.popleft()
            if not item.begin():
                continue
            self._last_tag += 1
            self._in_flight[self._last_tag] = item
            self._bytes += len(item.body)
            yield self._last_tag, item

    def _has_room(self) -> bool:
        return len(self._in_flight) < self._max_messages and self._bytes < self._max_bytes

    def returned(self, tag: int, reason: str) -> None:
        """Note that the broker found no queue for the message; its confirm follows."""
        item = self._in_flight.get(tag)
        if item is not None:
            item.returned = reason

    def answered(self, tag: int, multiple: bool) -> list[Outgoing]:
        """Take out the messages that a confirm or a refusal speaks of."""
        if not multiple:
            item = self._in_flight.pop(tag, None)
            answered = [] if item is None else [item]
        else:
            answered = []
            while self._in_flight and next(iter(self._in_flight)) <= tag:
                answered.append(self._in_flight.popitem(last=False)[1])
        self._bytes -= sum(len(item.body) for item in answered)
        return answered

    def restart(self) -> None:
        """The channel is gone: all in flight waits again, in the order of before, and tags
        count from one."""
        for item in reversed(self._in_flight.values()):
            item.returned = None
            self._waiting.appendleft(item)
        self._in_flight.clear()
        self._bytes = self._last_tag = 0

    def fail_if(self, verdict: Callable[[Outgoing], WarrenError | None]) -> None:
        """Fail those messages in flight for which `verdict` has an error."""
        for tag, item in list(self._in_flight.items()):
            error = verdict(item)
            if error is not None:
                self.answered(tag, multiple=False)
                item.fail(error)

    def expire(self, now: float) -> None:
        """Fail what is past its deadline; both queues are in the order of their deadlines."""
        while self._in_flight and next(iter(self._in_flight.values())).deadline < now:
            for item in self.answered(next(iter(self._in_flight)), multiple=False):
                item.fail(PublishTimeout(f"no confirm in time for a message to {_target(item)}"))
        while self._waiting and self._waiting[0].deadline < now:
            item = self._waiting.popleft()
            item.fail(PublishTimeout(f"no broker in time for a message to {_target(item)}"))

    def fail_all(self, error: WarrenError) -> None:
        """Fail everything that has no answer yet."""
        self.restart()
        while self._waiting:
            self._waiting.popleft().fail(error)


def _target(item: Outgoing) -> str:
    return item.routing_key if not item.exchange else f"{item.exchange}/{item.routing_key}"
