"""New tasks that a job asks for: commands on `warren.intake`, confirmed by the broker."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from typing import Any
from uuid import UUID

import orjson

from warren.client.clock import current_clock
from warren.client.errors import InvalidJob
from warren.client.new_task import NewTask
from warren.client.payload import travelling_payload
from warren.contracts.batches import BATCH_KIND
from warren.contracts.intake import (
    NewBatch,
    NewChild,
    SpawnTasks,
    batch_id,
    child_id,
    member_key,
    named_batch,
)
from warren.contracts.submission import MAX_BATCH
from warren.errors import PermanentError, Unavailable
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_run import Run

#: Bytes of payloads in one message.
_MAX_BODY = 512 * 1024
_POLL = 0.2

#: Publishes a command; the future ends with the broker's confirm.
Publish = Callable[[bytes], "Future[None]"]
#: Returns when the broker has confirmed the command; raises Unavailable, or what ends the run.
Send = Callable[[bytes, CancelSignal], None]


def unconnected(_body: bytes, _cancellation: CancelSignal) -> None:
    """Where there is no broker; raises PermanentError."""
    raise PermanentError("this process has no connection by which a job could ask for tasks")


def confirmed_by(publish: Publish) -> Send:
    """A Send over a publisher, which gives up by itself after its own time-out."""

    def send(body: bytes, cancellation: CancelSignal) -> None:
        confirmed = publish(body)
        while not wait([confirmed], _POLL).done:
            cancellation.check_wanted()
        confirmed.result(0)

    return send


class Spawner:
    """Asks for tasks in the name of one run; safe from any thread.

    A child's id derives from the parent's and a key, so that a run that is repeated asks for the
    same children. Without a key of its own a child has its number among those of its kind, in the
    order in which the run asks.
    """

    def __init__(self, run: Run, send: Send, cancellation: CancelSignal) -> None:
        self._run = run
        self._send = send
        self._cancellation = cancellation
        self._lock = threading.Lock()
        self._numbers: Counter[str] = Counter()
        self._given: dict[str, bytes] = {}
        self._has_asked = False

    @property
    def has_asked(self) -> bool:
        """Whether the run has asked for any task."""
        return self._has_asked

    def enqueue(self, tasks: Sequence[NewTask]) -> list[UUID]:
        """Ids of the children, once the broker has the commands for all of them.

        Raises Unavailable if it does not confirm them in time; asked again by the next run they
        are the same. Raises JobCancelled, RunGivenUp, InvalidJob or PayloadTooLarge before.
        """
        self._cancellation.check_wanted()
        payloads = [travelling_payload(task.job) for task in tasks]
        self._has_asked = True
        with self._lock:
            children = [
                self._child(task, payload) for task, payload in zip(tasks, payloads, strict=True)
            ]
        for some in _chunks(children):
            self._send(self._command(some).encode(), self._cancellation)
        return [child_id(self._run.task_id, child.key) for child in children]

    def enqueue_batch(
        self,
        tasks: Sequence[NewTask],
        then: NewTask | None,
        key: str | None,
        *,
        awaited: bool = False,
    ) -> UUID:
        """The id of the batch, once the broker has the commands for all of its members.

        One that is `awaited` is cancelled with this task. Raises what `enqueue` raises.
        """
        self._cancellation.check_wanted()
        payloads = [travelling_payload(task.job) for task in tasks]
        self._has_asked = True
        with self._lock:
            name = self._batch_key(key, [task.job.kind for task in tasks], payloads)
        members = [
            _new_child(member_key(name, number), task, payload)
            for number, (task, payload) in enumerate(zip(tasks, payloads, strict=True))
        ]
        last = _new_child("then", then, travelling_payload(then.job)) if then else None
        offset = 0
        for some in _chunks(members):
            batch = NewBatch(
                key=name, total=len(members), offset=offset, then=last, awaited=awaited
            )
            self._send(self._command(some, batch).encode(), self._cancellation)
            offset += len(some)
        return batch_id(self._run.task_id, name)

    def _batch_key(self, key: str | None, kinds: list[str], payloads: list[dict[str, Any]]) -> str:
        if key is None:
            self._numbers[BATCH_KIND] += 1
            return f"call:{BATCH_KIND}#{self._numbers[BATCH_KIND]}"
        self._note(f"batch:{key}", BATCH_KIND, {"kinds": kinds, "payloads": payloads})
        return named_batch(key)

    def _child(self, task: NewTask, payload: dict[str, Any]) -> NewChild:
        kind = task.job.kind
        if task.key is None:
            self._numbers[kind] += 1
            key = f"call:{kind}#{self._numbers[kind]}"
        else:
            key = f"key:{task.key}"
            self._note(key, kind, payload)
        return _new_child(key, task, payload)

    def _note(self, key: str, kind: str, payload: dict[str, Any]) -> None:
        content = hashlib.sha256(orjson.dumps([kind, payload])).digest()
        if self._given.setdefault(key, content) != content:
            raise InvalidJob(
                f"this run gave {key} to another job before, and one key makes one task: "
                "give each child a key of its own",
                field="key",
            )

    def _command(self, children: list[NewChild], batch: NewBatch | None = None) -> SpawnTasks:
        return SpawnTasks(
            parent_id=self._run.task_id,
            run_id=self._run.run_id,
            at=current_clock().now(),
            traceparent=self._run.traceparent,
            children=children,
            batch=batch,
        )


def refused(reason: str) -> Unavailable:
    """The broker did not confirm a command."""
    return Unavailable(f"the tasks that the job asked for may not have been taken: {reason}")


def _new_child(key: str, task: NewTask, payload: dict[str, Any]) -> NewChild:
    return NewChild(
        key=key,
        kind=task.job.kind,
        version=task.job.version,
        payload=payload,
        **task.options.model_dump(exclude_none=True),
    )


def _chunks(children: Sequence[NewChild]) -> Iterator[list[NewChild]]:
    chunk: list[NewChild] = []
    size = 0
    for child in children:
        weight = len(orjson.dumps(child.payload))
        if chunk and (len(chunk) == MAX_BATCH or size + weight > _MAX_BODY):
            yield chunk
            chunk, size = [], 0
        chunk.append(child)
        size += weight
    if chunk:
        yield chunk
