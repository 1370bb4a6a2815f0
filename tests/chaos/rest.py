"""Waits until a system that is no longer disturbed has come to rest, and lets it lie down."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import pika.exceptions
import psycopg

from tests.chaos.evidence.database import unfinished
from tests.chaos.evidence.queues import read_queues
from tests.chaos.faults.system import System

_POLL = 0.5
#: So often in a row nothing must be left before it counts as rest.
_LOOKS = 3
_AWAY = (psycopg.Error, pika.exceptions.AMQPError, OSError)
_BEATS = "warren.control"


@dataclass(frozen=True, slots=True)
class Unrest:
    """What has not ended yet; None where the server did not answer."""

    tasks: int | None
    outbox: int | None
    in_flight: int | None
    messages: int | None

    @property
    def is_rest(self) -> bool:
        """Whether nothing is left."""
        return (self.tasks, self.outbox, self.in_flight, self.messages) == (0, 0, 0, 0)


def look(database_url: str, amqp_url: str) -> Unrest:
    """What is left just now; messages that a process holds are not seen."""
    return Unrest(*_rows(database_url), _messages(amqp_url))


def _rows(database_url: str) -> tuple[int | None, int | None, int | None]:
    try:
        return unfinished(database_url)
    except _AWAY:
        return None, None, None


def _messages(amqp_url: str) -> int | None:
    try:
        depths = read_queues(amqp_url)
    except _AWAY:
        return None
    return sum(depth for queue, depth in depths.items() if queue != _BEATS)


def wait_for_rest(system: System, report: Callable[[str], None]) -> float | None:
    """Seconds until nothing was left; None when for the plan's time no task ended any more."""
    began = progressed = time.monotonic()
    descriptor = system.stack.descriptor
    looks, fewest = 0, float("inf")
    while time.monotonic() - progressed < system.plan.rest_timeout:
        unrest = look(descriptor.database_url, descriptor.amqp_url)
        looks = looks + 1 if unrest.is_rest else 0
        if unrest.tasks is not None and unrest.tasks < fewest:
            progressed, fewest = time.monotonic(), unrest.tasks
        if looks == _LOOKS:
            return time.monotonic() - began
        if not unrest.is_rest:
            report(f"not at rest: {unrest}")
        threading.Event().wait(_POLL)
    return None


def stop_the_clock(system: System) -> None:
    """Let nothing come due any more: a task that the last minute brings would find nobody."""
    for name in [name for name in system.programs if name.startswith("scheduler")]:
        system.stack.halt(name)


def lie_down(system: System) -> dict[str, int]:
    """Stop all programs in good order, so that what they held is back; returns what is left."""
    recorders = [name for name in system.programs if name.startswith("recorder")]
    for name in [name for name in system.programs if name not in recorders]:
        system.stack.halt(name)
    amqp_url = system.stack.descriptor.amqp_url
    _drain(amqp_url)
    for name in recorders:
        system.stack.halt(name)
    return read_queues(amqp_url)


def _drain(amqp_url: str) -> None:
    """Give recorders a moment for what came last."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and any(read_queues(amqp_url).values()):
        threading.Event().wait(_POLL)
