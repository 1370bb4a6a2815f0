"""Following a task through lost connections and gateways that are started again."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import get_args
from uuid import UUID

import orjson

from warren.client.accepted import AnyTask, id_of
from warren.client.calls.gateway_calls import GatewayCalls, settled
from warren.client.calls.patience import Patience
from warren.client.calls.server_sent import ServerSent, ServerSentParser
from warren.client.calls.tasks import unknown_tasks_told
from warren.client.calls.transport import HttpRequest
from warren.client.clock import current_clock
from warren.client.errors import GatewayUnreachable, WaitTimeout
from warren.client.gateway_connection import problem_of
from warren.client.refusals import refusal_of
from warren.client.task_event import EventName, TaskEvent

#: Three heartbeats of a gateway, in seconds: who hears nothing for so long has lost it.
_SILENCE = 45.0
_ENDED = 204
_NAMES = frozenset(get_args(EventName))


async def follow(
    calls: GatewayCalls,
    /,
    task: AnyTask,
    *,
    after: int | None = None,
    timeout: float | None = None,
    patience: float = 300.0,
) -> AsyncGenerator[TaskEvent, None]:
    """What happens to the task, until its `result` or `error`; each recorded event once.

    With `after` it goes on behind the event of this id; if that was the last, nothing comes. A
    gateway that cannot be reached is asked again for `patience` seconds in a row, then
    GatewayUnreachable is raised; after `timeout` seconds, WaitTimeout. Raises TaskUnknown.
    """
    task_id = id_of(task)
    trying = Patience(patience, f"following task {task_id}")
    stream = _Stream(calls, task_id, trying, after, timeout)
    while not stream.has_ended:
        try:
            async with aclosing(stream.events()) as events:
                async for event in events:
                    yield event
                    # However long somebody was busy with it.
                    trying.renew()
            # Streams end after a while, and when their gateway stops.
            failure = GatewayUnreachable("the stream has ended before the task")
        except GatewayUnreachable as lost:
            failure = lost
        if not stream.has_ended:
            rest = trying.rest_after(failure)
            await calls.transport.pause(min(rest, stream.time_left(rest)))


@dataclass(slots=True)
class _Stream:
    calls: GatewayCalls
    task_id: UUID
    trying: Patience
    last_id: int | None
    timeout: float | None
    has_ended: bool = False
    _began: float = 0.0

    def __post_init__(self) -> None:
        self._began = current_clock().monotonic()

    def time_left(self, otherwise: float) -> float:
        """Seconds; raises WaitTimeout if there are none."""
        if self.timeout is None:
            return otherwise
        left = self._began + self.timeout - current_clock().monotonic()
        if left <= 0:
            raise WaitTimeout(f"task {self.task_id} has not ended after {self.timeout:g} s")
        return left

    async def events(self) -> AsyncGenerator[TaskEvent, None]:
        """What one connection tells; raises GatewayUnreachable when it is lost."""
        path = f"/api/v1/tasks/{self.task_id}/events"
        headers = {"Accept": "text/event-stream"}
        if self.last_id is not None:
            headers["Last-Event-ID"] = str(self.last_id)
        patience = min(_SILENCE, self.time_left(_SILENCE))
        parser = ServerSentParser()
        async with self.calls.transport.stream(
            HttpRequest("GET", path, patience, headers=headers)
        ) as answer:
            head = settled(answer.head)
            if head.is_error:
                with unknown_tasks_told(self.task_id):
                    raise refusal_of(head.status_code, problem_of(head))
            self.has_ended = head.status_code == _ENDED
            async with aclosing(answer.pieces()) as pieces:
                async for piece in pieces:
                    self.trying.renew()
                    for sent in parser.feed(piece):
                        if (event := self._noted(sent)) is not None:
                            yield event
                    self.time_left(_SILENCE)

    def _noted(self, sent: ServerSent) -> TaskEvent | None:
        """The event; None for one that a newer gateway tells, or that was told before."""
        event_id = int(sent.id) if sent.id and sent.id.isdecimal() else None
        if event_id is not None:
            if self.last_id is not None and event_id <= self.last_id:
                return None
            self.last_id = event_id
            # Only who gets on hurries: the progress comes with every new connection.
            self.trying.hurry()
        if sent.event not in _NAMES:
            return None
        event = TaskEvent.model_validate(
            {**orjson.loads(sent.data), "event": sent.event, "id": event_id}
        )
        self.has_ended = event.is_end
        return event
