"""Writing an import: its FAQs, and tasks that bring 500 of them at a time to the chatbot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString
from uuid import UUID

import orjson
from psycopg import Connection

from gateway.batches.counting import settle_batches
from gateway.batches.opening import ADD_MEMBERS, OPEN_BATCH
from gateway.faqs.planning import ImportPlan, PlannedRow, plan_import
from gateway.faqs.writing import NewFaq, faq_columns
from gateway.reconciling.artifacts import drop_artifacts, keep_artifacts
from gateway.reconciling.changing import LockedSyncs, lock_with_tasks, supersede
from gateway.reconciling.decision import Placement, SyncRow, decide_change
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
    # What is in a worker's hands is followed by a sync of its own; the others go together.
    busy = [item for item in numbered if _is_held_up(item, locked)]
    idle = [item for item in numbered if not _is_held_up(item, locked)]
    tasks = [
        *_chunks(writing, store, import_id, idle, locked),
        *_singly(writing, import_id, busy, locked),
    ]
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
    return written


def _put(connection: Connection[Any], customer: UUID, import_id: UUID, plan: ImportPlan) -> None:
    values = [
        {**faq_columns(customer, row.faq), "import": import_id, "row": row.row}
        for row in plan.written
    ]
    with connection.cursor() as cursor:
        cursor.executemany(_PUT, values)
    for row in plan.written:
        if row.replaces:
            drop_artifacts(connection, [row.faq.id])
        if row.faq.files:
            keep_artifacts(connection, row.faq.id, [file.id for file in row.faq.files])


def _is_held_up(item: _Planned, locked: LockedSyncs) -> bool:
    issued = locked.issued_of(item.before)
    return issued is not None and issued.is_live and not issued.can_be_superseded


def _chunks(
    writing: Writing,
    store: ArtifactStore,
    import_id: UUID,
    items: Sequence[_Planned],
    locked: LockedSyncs,
) -> Iterator[SyncTask]:
    customer = writing.caller.customer_id
    for place, start in enumerate(range(0, len(items), IMPORT_CHUNK)):
        chunk = items[start : start + IMPORT_CHUNK]
        task_id = derived_id(import_id, f"chunk:{place}")
        _decide(
            writing.connection, chunk, {item.before.entity_id: task_id for item in chunk}, locked
        )
        reference = _keep_rows(store, derived_id(task_id, "rows"), chunk)
        job = ImportFaqs(
            customer_id=customer,
            import_id=import_id,
            desired_version=chunk[-1].version,
            rows=reference,
            count=len(chunk),
        )
        artifact = {
            **reference.model_dump(mode="json"),
            "customer_id": customer,
            "task_id": task_id,
        }
        yield SyncTask(
            task_id,
            job,
            writing.caller,
            Placement.DUE,
            artifacts=[artifact],
            traceparent=writing.traceparent,
        )


def _singly(
    writing: Writing, import_id: UUID, items: Sequence[_Planned], locked: LockedSyncs
) -> Iterator[SyncTask]:
    for item in items:
        faq: NewFaq = item.planned.faq
        task_id = derived_id(import_id, f"row:{item.planned.row}:task")
        _decide(writing.connection, [item], {faq.id: task_id}, locked)
        yield SyncTask(
            task_id,
            faq.job(writing.caller.customer_id, item.version, item.before),
            writing.caller,
            Placement.PARKED,
            traceparent=writing.traceparent,
        )


def _decide(
    connection: Connection[Any],
    items: Sequence[_Planned],
    task_ids: dict[UUID, UUID],
    locked: LockedSyncs,
) -> None:
    superseded: dict[UUID, int] = {}
    rows = []
    for item in items:
        decision = decide_change(
            item.before,
            item.version,
            task_ids[item.before.entity_id],
            locked.issued_of(item.before),
        )
        superseded |= dict.fromkeys(decision.superseded, item.version)
        rows.append(decision.after)
    write_syncs(connection, rows)
    supersede(connection, locked, superseded)


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
