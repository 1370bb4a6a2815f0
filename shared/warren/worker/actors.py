"""Ties job kinds to Dramatiq: one actor per kind, which runs the message that its thread has."""

import threading
from concurrent.futures import Future
from typing import Any

from dramatiq import Actor
from dramatiq.broker import Broker, MessageProxy
from dramatiq.middleware import Middleware

from warren.contracts.lanes import queue_name
from warren.messaging.broker import WarrenBroker
from warren.messaging.job_proxy import JobProxy
from warren.worker.catalogue import Service
from warren.worker.runner import JobRunner
from warren.worker.verdict import Success


class CurrentJob(Middleware):
    """Remembers the message of each thread, because an actor is given its arguments only."""

    def __init__(self) -> None:
        self._local = threading.local()

    def get(self) -> JobProxy:
        """The message that the calling thread is working on."""
        message: JobProxy = self._local.message
        return message

    def before_process_message(self, broker: Broker, message: MessageProxy) -> None:
        """Called by the worker thread right before the actor."""
        self._local.message = message


def make_broker(service: Service, runner: JobRunner) -> WarrenBroker:
    """A broker with one actor for each kind of the service; versions share their kind's actor."""
    current = CurrentJob()
    broker = WarrenBroker(runner.settle, [current])

    def perform(_payload: Any) -> "Success | Future[Success] | None":
        return runner.perform(current.get())

    for kind, worker in {w.job_model.kind: w for w in service.workers.values()}.items():
        Actor(
            perform,
            broker=broker,
            actor_name=kind,
            queue_name=queue_name(service.name, worker.lane, worker.pool),
            priority=0,
            options={},
        )
    return broker
