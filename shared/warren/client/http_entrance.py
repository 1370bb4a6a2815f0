"""New tasks over HTTP: each is accepted once, whatever answer gets lost."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import orjson

from warren.client.errors import BulkInterrupted
from warren.client.gateway_client import GatewayClient
from warren.client.new_task import NewTask
from warren.client.payload import submitted_payload
from warren.contracts.submission import MAX_BATCH
from warren.errors import WarrenError

#: Below the largest body that a gateway takes unless it is told otherwise (1 MiB).
_MAX_BODY = 900 * 1024
#: Whoever wants a batch opens one.
_TOGETHER = "/api/v1/tasks/batch?batch=false"


@dataclass(frozen=True, slots=True)
class HttpEntrance:
    """Submits to a gateway; many tasks in requests of up to 1,000, each of them all or nothing."""

    client: GatewayClient

    def enqueue(self, tasks: Sequence[NewTask]) -> list[UUID]:
        """Ids in the order of `tasks`; a task whose unique key is taken has its holder's id.

        Raises what GatewayClient raises, and BulkInterrupted once some requests were accepted.
        """
        # All are made ready first: a bad one leaves none of the others behind.
        bodies = [_body(task) for task in tasks]
        if len(tasks) == 1:
            return [self._submit(tasks[0], bodies[0])]
        ids: list[UUID] = []
        for number, some in enumerate(_chunks(bodies)):
            try:
                ids += self._submit_batch(some, _batch_key(tasks[len(ids)], number))
            except WarrenError as error:
                if not ids:
                    raise
                raise BulkInterrupted(ids, len(tasks), error) from error
        return ids

    def enqueue_batch(
        self, tasks: Sequence[NewTask], then: NewTask | None, key: str | None
    ) -> UUID:
        """The id of the batch, once all of its members are accepted.

        Raises what GatewayClient raises, and BulkInterrupted, with the id of the batch, once some
        members were accepted: they are done, and the batch waits for the others or its end.
        """
        bodies = [_body(task) for task in tasks]
        said = {
            "total": len(tasks),
            **({"on_complete": orjson.Fragment(_body(then))} if then else {}),
        }
        asking = key or str(uuid4())
        batch: UUID | None = None
        offset = 0
        for some in _chunks(bodies, ahead=len(orjson.dumps(said))):
            items = [orjson.Fragment(body) for body in some]
            path = "/api/v1/batches" if batch is None else f"/api/v1/batches/{batch}/members"
            document = said if batch is None else {"offset": offset}
            try:
                answer = self.client.post(
                    path,
                    orjson.dumps({**document, "items": items}),
                    idempotency_key=_header_text(f"{asking}/{offset}"),
                )
            except WarrenError as error:
                if batch is None:
                    raise
                raise BulkInterrupted([batch], len(tasks), error) from error
            batch = UUID(answer["task_id"])
            offset += len(some)
        if batch is None:
            raise ValueError("a batch has at least one member")
        return batch

    def _submit(self, task: NewTask, body: bytes) -> UUID:
        key = _printable_key(task)
        answer = self.client.post("/api/v1/tasks", body, idempotency_key=key)
        return UUID(answer["task_id"])

    def _submit_batch(self, bodies: Sequence[bytes], key: str) -> list[UUID]:
        body = b'{"items":[' + b",".join(bodies) + b"]}"
        answer = self.client.post(_TOGETHER, body, idempotency_key=key)
        return [UUID(item["task_id"]) for item in answer["items"]]


def _body(task: NewTask) -> bytes:
    said: dict[str, Any] = task.options.model_dump(mode="json", exclude_none=True)
    return orjson.dumps({"kind": task.job.kind, "payload": submitted_payload(task.job), **said})


def _chunks(bodies: Sequence[bytes], ahead: int = 0) -> Iterator[list[bytes]]:
    """Bodies for one request each, the first of which has `ahead` bytes of its own."""
    chunk: list[bytes] = []
    size = ahead
    for body in bodies:
        if chunk and (len(chunk) == MAX_BATCH or size + len(body) > _MAX_BODY):
            yield chunk
            chunk, size = [], 0
        chunk.append(body)
        size += len(body) + 1
    if chunk:
        yield chunk


def _batch_key(first: NewTask, number: int) -> str:
    return f"{_printable_key(first)}/{number}"


def _printable_key(task: NewTask) -> str:
    if task.key is None:
        return str(uuid4())
    return _header_text(f"{task.job.kind}:{task.key}")


def _header_text(key: str) -> str:
    if len(key) <= 200 and key.isascii() and key.isprintable() and '"' not in key:
        return key
    return hashlib.sha256(key.encode()).hexdigest()
