"""What tasks bring about: who must come of whom, by ids that follow from both (contracts.md).

A new kind that asks for others has its line in OFFSPRING, and nothing else to do here.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.chaos.evidence.families import BatchRow, Descent, MemberRow
from tests.chaos.evidence.model import Request, Task

BATCH = "api.batch"
SUBSCRIBERS = ("chaos.heard", "chaos.heard_whole")
_VERSION_AND_VARIANT = 0x7 << 76 | 0x2 << 62

Offspring = Callable[[str, Mapping[str, Any]], Iterator[Descent]]


def derived_id(parent: str, key: str) -> str:
    """The id that a task gives to what it brings about: its time, and a hash of both."""
    source = uuid.UUID(parent)
    noise = int.from_bytes(hashlib.sha256(source.bytes + key.encode()).digest()[:10], "big")
    value = source.int >> 80 << 80 | _VERSION_AND_VARIANT
    return str(uuid.UUID(int=value | (noise >> 62 & 0xFFF) << 64 | noise & (1 << 62) - 1))


def _children(task: str, payload: Mapping[str, Any]) -> Iterator[Descent]:
    for number, fate in enumerate(payload["fates"]):
        key = f"child-{number}"
        child = derived_id(task, f"child:key:{key}")
        yield Descent(child, task, "child", "chaos.part", {"fate": fate}, key)


def _subscribers(task: str, payload: Mapping[str, Any]) -> Iterator[Descent]:
    for number in range(1, payload["facts"] + 1):
        event = derived_id(task, f"event:{number}")
        said = {"origin": task, "number": number}
        for kind in SUBSCRIBERS:
            heard = derived_id(event, f"subscriber:{kind}")
            yield Descent(heard, task, "subscriber", kind, said, f"{number} for {kind}")


def _batch(task: str, payload: Mapping[str, Any]) -> Iterator[Descent]:
    batch = derived_id(task, "batch:key:all")
    total = len(payload["fates"])
    label = {"total": total, "label": task}
    yield Descent(batch, task, "batch", BATCH, label, "all")
    for number, fate in enumerate(payload["fates"]):
        member = derived_id(task, f"child:member:key:all/{number}")
        said = {"fate": fate}
        yield Descent(member, task, "member", "chaos.part", said, f"all/{number}", batch)


OFFSPRING: dict[str, Offspring] = {
    "chaos.parent": _children,
    "chaos.fact": _subscribers,
    "chaos.batch": _batch,
}


def descents(
    tasks: Mapping[str, Task], asked: Mapping[str, Request], batches: Mapping[str, Request]
) -> dict[str, Descent]:
    """Everything that tasks can bring about, by its id; `asked` and `batches` by task.

    `asked` are the tasks that clients or schedules asked for, `batches` those that clients opened.
    """
    found: dict[str, Descent] = {}
    for task, request in asked.items():
        if task in tasks:
            _add(found, OFFSPRING.get(request.kind, _nothing)(task, request.payload))
    opened = {d.task: d.payload for d in found.values() if d.role == "batch"}
    opened |= {task: request.payload for task, request in batches.items()}
    for batch, payload in opened.items():
        if batch in tasks and payload["label"] is not None:
            _add(found, _callbacks(tasks[batch], payload))
    return found


def batches_of_clients(
    requests: Iterable[Request], members: Iterable[MemberRow], tasks: Mapping[str, Task]
) -> dict[str, Request]:
    """The batches that clients opened, by task; where an answer was lost, by their first member."""
    asked = {request.id: request for request in requests if request.kind == BATCH}
    found = {r.task: r for r in asked.values() if r.task is not None}
    for member in members:
        task = tasks.get(member.task)
        name, _, number = ((task.request if task else None) or "").rpartition("/")
        if number == "0" and name in asked:
            found.setdefault(member.batch, asked[name])
    return found


def batches_by_id(rows: Iterable[BatchRow]) -> dict[str, BatchRow]:
    """By the task that the batch is."""
    return {row.task: row for row in rows}


def _callbacks(batch: Task, payload: Mapping[str, Any]) -> Iterator[Descent]:
    for generation in range(1, batch.generation + 1):
        callback = derived_id(batch.id, f"child:callback:{generation}")
        said = {"label": payload["label"], "total": payload["total"]}
        yield Descent(
            callback, batch.id, "callback", "chaos.joined", said, f"callback {generation}",
            generation=generation,
        )  # fmt: skip


def _nothing(task: str, payload: Mapping[str, Any]) -> Iterator[Descent]:
    yield from ()


def _add(found: dict[str, Descent], some: Iterable[Descent]) -> None:
    found.update((descent.task, descent) for descent in some)
