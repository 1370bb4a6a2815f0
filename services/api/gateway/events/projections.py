"""Successes state facts: the events that a run has emitted are issued with its end."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from gateway.events.issuing import EventIssuer, Fact
from gateway.tasks.projection import Projection
from gateway.tasks.routing import Router
from warren.contracts.events import MAX_EVENT_TYPE, event_id, is_event_type
from warren.contracts.state_machine import Transition


def event_projection(router: Router, max_payload_bytes: int) -> Projection:
    """Issues the events of tasks that succeed, in the transaction that records their success."""
    issuer = EventIssuer(router, max_payload_bytes)

    def issue(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
        issuer.issue(connection, [fact for t in transitions for fact in _facts(t)])

    return issue


def _facts(transition: Transition) -> Iterator[Fact]:
    task, success = transition.after, transition.success
    if success is None:
        return
    for number, emitted in enumerate(success.data.events, start=1):
        if _is_type(emitted.type, task.id):
            yield Fact(event_id(task.id, number), task, emitted)


def _is_type(name: str, task_id: UUID) -> bool:
    """Workers refuse what is none; one of another release must not cost the task its end."""
    if is_event_type(name):
        return True
    structlog.get_logger("warren.recorder").error(
        "an event is not issued: its type is none, such as book.processed.v1",
        task=str(task_id),
        type=name[:MAX_EVENT_TYPE],
    )
    return False
