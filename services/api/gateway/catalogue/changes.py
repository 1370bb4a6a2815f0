"""Single writes: a row and its task in one transaction, which many requests share."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.auditing.changes import Action, Change
from gateway.catalogue.items import ValidItem
from gateway.catalogue.rows import Key, Standing, moved, standings, take_versions, write_rows
from gateway.customers.holding import unheld_customers
from gateway.problems import DatabaseUnavailable, NotFound, Problem
from gateway.tasks.acceptance import Acceptance, NewTask, accept_tasks
from warren.contracts.catalogue import CatalogueJob
from warren.contracts.catalogue_item import EntityKind

_BEFORE: LiteralString = """
SELECT id, state, created_at, (payload ->> 'entity_version')::bigint AS version
FROM tasks WHERE id = ANY (%s)
"""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """A write of one item, or without `content` its deletion; its version is still to be taken."""

    customer_id: UUID
    entity_kind: EntityKind
    id: str
    content: ValidItem | None
    with_embedding: bool
    job: CatalogueJob
    task: NewTask

    @property
    def key(self) -> Key:
        """The item."""
        return self.customer_id, self.entity_kind, self.id


@dataclass(frozen=True, slots=True)
class ItemWritten:
    """The version that the item has now; without `accepted` the index has it already."""

    version: int
    accepted: Acceptance | None


async def write_changes(
    connection: AsyncConnection[DictRow], changes: list[ItemChange]
) -> Sequence[ItemWritten | Problem]:
    """Write all of them in one transaction, in their order; the same again changes nothing."""
    async with connection.transaction():
        unheld = await unheld_customers(connection, {c.customer_id for c in changes})
        held = [change for change in changes if change.customer_id not in unheld]
        # Under the counters' locks: a commit whose connection broke is over, one way or the other.
        versions = await take_versions(connection, Counter(c.customer_id for c in held))
        answers: dict[UUID, ItemWritten | Problem] = {**await _before(connection, held)}
        fresh = [change for change in held if change.task.id not in answers]
        if fresh:
            answers |= await _write(connection, fresh, versions)
    return [
        unheld[change.customer_id] if change.customer_id in unheld else answers[change.task.id]
        for change in changes
    ]


async def _before(
    connection: AsyncConnection[DictRow], changes: Sequence[ItemChange]
) -> dict[UUID, ItemWritten]:
    cursor = await connection.execute(_BEFORE, [[change.task.id for change in changes]])
    return {
        row["id"]: ItemWritten(
            row["version"], Acceptance(row["id"], row["state"], row["created_at"])
        )
        for row in await cursor.fetchall()
    }


async def _write(
    connection: AsyncConnection[DictRow], changes: Sequence[ItemChange], versions: dict[UUID, int]
) -> dict[UUID, ItemWritten | Problem]:
    standing = await standings(connection, [change.key for change in changes])
    answers: dict[UUID, ItemWritten | Problem] = {}
    given: dict[UUID, int] = {}
    rows: dict[Key, dict[str, Any]] = {}
    tasks: list[NewTask] = []
    told: list[Change] = []
    for change in changes:
        settled = _settled(change, standing.get(change.key))
        if settled is not None:
            answers[change.task.id] = settled
            continue
        version = given[change.task.id] = versions[change.customer_id]
        versions[change.customer_id] += 1
        standing[change.key] = _after(change, standing.get(change.key), version)
        rows[change.key] = _row(change, version)
        tasks.append(_task(change, version))
        told.append(_told(change, version))
    await write_rows(connection, list(rows.values()), told)
    accepted = await accept_tasks(connection, tasks) if tasks else {}
    if len(accepted) < len(tasks):
        raise DatabaseUnavailable("tasks with this unique_key come and go; try again")
    return answers | {id_: ItemWritten(version, accepted[id_]) for id_, version in given.items()}


def _settled(change: ItemChange, standing: Standing | None) -> ItemWritten | Problem | None:
    """The answer where nothing is to be written."""
    if change.content is not None:
        has = standing is not None and standing.has(
            change.content.content_hash, with_embedding=change.with_embedding
        )
        return ItemWritten(standing.version, None) if standing is not None and has else None
    if standing is None or (not standing.exists and standing.content_hash is not None):
        return NotFound(f"there is no {change.entity_kind.value} {change.id}")
    return ItemWritten(standing.version, None) if not standing.exists and standing.indexed else None


def _after(change: ItemChange, standing: Standing | None, version: int) -> Standing:
    content = change.content
    return moved(
        standing,
        version,
        exists=content is not None,
        content_hash=content.content_hash if content else None,
        with_embedding=change.with_embedding,
    )


def _row(change: ItemChange, version: int) -> dict[str, Any]:
    content = change.content
    return {
        "customer_id": change.customer_id,
        "entity_kind": change.entity_kind,
        "id": change.id,
        "version": version,
        "content_hash": content.content_hash if content else None,
        "item": content.item if content else None,
        "with_embedding": change.with_embedding,
        "task_id": change.task.id,
    }


def _task(change: ItemChange, version: int) -> NewTask:
    job = change.job.model_copy(update={"entity_version": version})
    change.task.columns["payload"] = orjson.Fragment(job.model_dump_json(exclude_none=True))
    return change.task


def _told(change: ItemChange, version: int) -> Change:
    action = Action.ITEM_DELETED if change.content is None else Action.ITEM_WRITTEN
    kind, task_id = change.entity_kind.value, change.task.id
    details = {"entity_kind": kind, "version": version, "task_id": task_id}
    return Change(change.task.columns["actor"], action, change.id, change.customer_id, details)
