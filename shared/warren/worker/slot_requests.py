"""What the job in a slot process asks its parent to publish."""

from concurrent.futures import Future, wait

from warren.worker.slot_messages import SpawnAnswer, SpawnRequest
from warren.worker.spawning import Publish


class SpawnRequests:
    """At most one request at a time: its job waits for the answer."""

    def __init__(self, publish: Publish | None) -> None:
        self._publish = publish
        self._number = 0
        self._confirmed: Future[None] | None = None

    @property
    def open(self) -> bool:
        """Whether the child waits for an answer."""
        return self._confirmed is not None

    def forget(self) -> None:
        """A new job begins: nobody waits for the answer any more."""
        self._confirmed = None

    def take(self, request: SpawnRequest) -> None:
        """Publish what the child asks for."""
        self._number = request.number
        self._confirmed = Future()
        if self._publish is None:
            self._confirmed.set_exception(ConnectionError("this process has no broker"))
        else:
            self._confirmed = self._publish(request.body)

    def answer(self, timeout: float) -> SpawnAnswer | None:
        """The answer as soon as the broker has given its own; None after `timeout` seconds."""
        if self._confirmed is None or not wait([self._confirmed], timeout).done:
            return None
        error = self._confirmed.exception(0)
        self._confirmed = None
        problem = None if error is None else f"{type(error).__name__}: {error}"
        return SpawnAnswer(self._number, problem)
