"""Writing an import: its FAQs, and tasks that bring 500 of them at a time to the chatbot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.auditing.changes import Action
from gateway.batches.counting import settle_batches
from gateway.batches.opening import ADD_MEMBERS, OPEN_BATCH
from gateway.faqs.planning import ImportPlan, PlannedRow, plan_import
from gateway.faqs.writing import faq_columns
from gateway.reconciling.artifacts import drop_artifacts, keep_artifacts
from gateway.reconciling.changing import LockedSyncs, lock_with_tasks, supersede
from gateway.reconciling.decision import Decision, SyncRow, decide_change
from gateway.reconciling.entities import Domain, Entity
from gateway.reconciling.issuing import SyncTask
from gateway.reconciling.rows import take_versions, write_syncs
from gateway.reconciling.writing import Writing
from warren.artifacts import ArtifactStore
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BATCH_KIND
from warren.contracts.faqs import FAQ_ROWS_MEDIA_TYPE, IMPORT_CHUNK, FaqRow, ImportFaqs
from warren.contracts.ids import derived_id
from warren.contracts.lanes import Lane, queue_name

_PUT: LiteralString = """
INSERT INTO faqs (id, customer_id, question, answer, question_key, files, import_id, import_row)
VALUES (%(id)s, %(customer)s, %(question)s, %(answer)s, %(key)s, %(files)s, %(import)s, %(row)s)
ON CONFLICT (id) DO UPDATE SET question = excluded.question, answer = excluded.answer,
    question_key = excluded.question_key, files = excluded.files, updated_at = now(),
    import_id = excluded.import_id, import_row = excluded.import_row
"""
_DONE: LiteralString = "SELECT metadata FROM tasks WHERE id = %s AND customer_id = %s"


@dataclass(frozen=True, slots=True)
class WrittenImport:
    """What was written: `task_id` ends when all `task_ids` have; none if nothing was to be done."""

    report: dict[str, Any]
    version: int
    task_id: UUID | None
    task_ids: list[UUID]


@dataclass(frozen=True, slots=True)
class _Planned:
    planned: PlannedRow
    version: int
    before: SyncRow


@dataclass(frozen=True, slots=True)
class _Chunk:
    task_id: UUID
    items: Sequence[_Planned]
    decisions: Sequence[Decision]


def import_faqs(
    writing: Writing, store: ArtifactStore, import_id: UUID, rows: Sequence[dict[str, Any]]
) -> WrittenImport:
    """Write the rows that are new or changed; raises UnusableImport."""
    connection, customer = writing.connection, writing.caller.customer_id
    take_versions(connection, customer, Domain.FAQS, 0)
    if (earlier := _done(connection, customer, import_id)) is not None:
        return earlier
    plan = plan_import(connection, customer, import_id, rows)
    if not plan.written:
        return WrittenImport(plan.report(), 0, None, [])
    count = len(plan.written)
    last = take_versions(connection, customer, Domain.FAQS, count)
    _put(connection, customer, import_id, plan)
    locked = lock_with_tasks(connection, [row.faq.id for row in plan.written])
    numbered = [
        _Planned(
            row,
            last - count + 1 + place,
            locked.rows.get(row.faq.id)
            or SyncRow(row.faq.id, customer, Entity.FAQ, desired_version=0),
        )
        for place, row in enumerate(plan.written)
    ]
    chunks = [
        _decided(items, derived_id(import_id, f"chunk:{place}"), locked)
        for place, items in enumerate(_chunks(numbered, locked))
    ]
    _write(connection, chunks, locked)
    tasks = [_task(writing, store, import_id, chunk) for chunk in chunks]
    ids = [task.id for task in tasks]
    report = plan.report()
    written = WrittenImport(report, last, _umbrella(import_id, ids), ids)
    if written.task_id is not None and len(ids) > 1:
        _open_batch(writing, written.task_id, len(ids))
    noted = {"report": report, "version": last, "task_ids": [str(item) for item in ids]}
    tasks[0] = replace(tasks[0], metadata=noted)
    writing.issuer.issue(connection, tasks)
    if written.task_id is not None and len(ids) > 1:
        _add_members(connection, written.task_id, ids)
    counts = {name: report[name] for name in ("creates", "updates")}
    writing.tell(Action.FAQS_IMPORTED, str(import_id), **counts, task_id=written.task_id)
    return written


def _put(connection: Connection[Any], customer: UUID, import_id: UUID, plan: ImportPlan) -> None:
    values = [
        {**faq_columns(customer, row.faq), "import": import_id, "row": row.row}
        for row in plan.written
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_PUT, values)
    drop_artifacts(connection, [row.faq.id for row in plan.written if row.replaces])
    for row in plan.written:
        if row.faq.files:
            keep_artifacts(connection, row.faq.id, [file.id for file in row.faq.files])


def _chunks(items: Sequence[_Planned], locked: LockedSyncs) -> Iterator[list[_Planned]]:
    """What goes by one task: rows that need not wait, or that all wait for the same sync."""
    groups: dict[UUID | None, list[_Planned]] = {}
    for item in items:
        groups.setdefault(_awaited(item, locked), []).append(item)
    for group in groups.values():
        for start in range(0, len(group), IMPORT_CHUNK):
            yield group[start : start + IMPORT_CHUNK]


def _awaited(item: _Planned, locked: LockedSyncs) -> UUID | None:
    """The sync that has to end first, as a worker may have it, or other rows need it."""
    issued = locked.issued_of(item.before)
    if issued is None or not issued.is_live or issued.can_be_superseded:
        return None
    return item.before.task_id


def _decided(items: Sequence[_Planned], task_id: UUID, locked: LockedSyncs) -> _Chunk:
    decisions = [
        decide_change(item.before, item.version, task_id, locked.issued_of(item.before))
        for item in items
    ]
    return _Chunk(task_id, items, decisions)


def _write(connection: Connection[Any], chunks: Sequence[_Chunk], locked: LockedSyncs) -> None:
    superseded: dict[UUID, int] = {}
    for chunk in chunks:
        write_syncs(connection, [decision.after for decision in chunk.decisions])
        for decision in chunk.decisions:
            superseded |= dict.fromkeys(decision.superseded, decision.after.desired_version)
    supersede(connection, locked, superseded)


def _task(writing: Writing, store: ArtifactStore, import_id: UUID, chunk: _Chunk) -> SyncTask:
    customer = writing.caller.customer_id
    reference = _keep_rows(store, derived_id(chunk.task_id, "rows"), chunk.items)
    job = ImportFaqs(
        customer_id=customer,
        import_id=import_id,
        desired_version=chunk.items[-1].version,
        rows=reference,
        count=len(chunk.items),
    )
    artifact = {
        **reference.model_dump(mode="json"),
        "customer_id": customer,
        "task_id": chunk.task_id,
    }
    return SyncTask(
        chunk.task_id,
        job,
        writing.caller,
        chunk.decisions[0].placement,
        artifacts=[artifact],
        traceparent=writing.traceparent,
    )


def _keep_rows(store: ArtifactStore, artifact_id: UUID, chunk: Sequence[_Planned]) -> ArtifactRef:
    lines = [
        FaqRow(
            row=item.planned.row,
            faq_id=item.planned.faq.id,
            version=item.version,
            question=item.planned.faq.question,
            answer=item.planned.faq.answer,
            files=list(item.planned.faq.files),
        )
        .model_dump_json()
        .encode()
        for item in chunk
    ]
    stored = store.put(b"\n".join(lines) + b"\n")
    return ArtifactRef(
        id=artifact_id,
        sha256=stored.sha256,
        size=stored.size,
        media_type=FAQ_ROWS_MEDIA_TYPE,
        name="faqs.jsonl",
    )


def _umbrella(import_id: UUID, task_ids: Sequence[UUID]) -> UUID:
    return task_ids[0] if len(task_ids) == 1 else derived_id(import_id, "batch")


def _open_batch(writing: Writing, batch_id: UUID, total: int) -> None:
    values = {
        "id": batch_id,
        "customer": writing.caller.customer_id,
        "user": None,
        "actor": writing.caller.actor,
        "kind": BATCH_KIND,
        "queue": queue_name(BATCH_KIND.partition(".")[0], Lane.DEFAULT),
        "parent": None,
        "traceparent": writing.traceparent,
        "total": total,
        "callback": None,
    }
    writing.connection.execute(OPEN_BATCH, values)


def _add_members(connection: Connection[Any], batch_id: UUID, task_ids: Sequence[UUID]) -> None:
    rows = [
        {"task_id": task_id, "batch_id": batch_id, "position": place}
        for place, task_id in enumerate(task_ids)
    ]
    connection.execute(ADD_MEMBERS, {"rows": orjson.dumps(rows).decode()})
    settle_batches(connection, [batch_id])


def _done(connection: Connection[Any], customer: UUID, import_id: UUID) -> WrittenImport | None:
    """What the same request has written before."""
    first = [derived_id(import_id, "chunk:0"), customer]
    rows = connection.execute(_DONE, first).fetchall()
    if not rows or not rows[0][0]:
        return None
    noted = rows[0][0]
    ids = [UUID(item) for item in noted["task_ids"]]
    return WrittenImport(noted["report"], noted["version"], _umbrella(import_id, ids), ids)
