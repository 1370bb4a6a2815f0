"""Where the chatbot is ahead of us, we send again beyond what it has.

The versions that it answers with are ours, from one counter. One that this counter has not reached,
or another content under the number that we have just given, was made by a gateway that knew more:
this one, before it was restored from a backup. What is desired now counts all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import structlog
from psycopg import Connection
from psycopg.rows import dict_row

from gateway.authentication import Caller
from gateway.reconciling.decision import SyncRow, decide_change
from gateway.reconciling.entities import Domain, Entity
from gateway.reconciling.issued import is_shared
from gateway.reconciling.issuing import SyncIssuer, SyncTask
from gateway.reconciling.rows import last_version, take_versions, write_syncs
from warren.contracts import documents, faqs
from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.contracts.state_machine import TaskRow

#: The type of the error of a sync whose version the chatbot did not take.
CHATBOT_AHEAD = "ChatbotAhead"
#: Sent beyond what it has, it takes it; unless somebody else writes to it all the time.
_MOST_TIMES = 3
_JOBS: tuple[type[Job], ...] = (
    documents.UploadDocumentText,
    documents.UploadDocumentFile,
    documents.UploadDocumentUrl,
    documents.DeleteAllDocuments,
    documents.DeleteDocumentsBySource,
    faqs.CreateFaq,
    faqs.UpdateFaq,
    faqs.DeleteFaq,
    faqs.DeleteAllFaqs,
)
_KINDS = {job.kind: job for job in _JOBS}
_TASKS: LiteralString = """
SELECT id, kind, payload, coalesce((metadata ->> 'sent_again')::int, 0) AS times
FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
ORDER BY id
"""
_FAQS: LiteralString = "SELECT id, question, answer, files FROM faqs WHERE id = ANY (%s::uuid[])"
# Deletions of a source say which.
_LATER: LiteralString = """
SELECT 1 FROM syncs s LEFT JOIN documents d ON d.id = s.entity_id
    JOIN tasks t ON t.id = %(task)s
WHERE s.customer_id = %(customer)s AND s.entity = %(entity)s AND NOT s.deleted
    AND s.desired_version > %(version)s
    AND (t.payload ->> 'source' IS NULL OR t.payload ->> 'source' = d.source)
LIMIT 1
"""
_log = structlog.get_logger("warren.recorder")


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A sync that has ended, in this row, because the chatbot has `newer` and keeps it."""

    row: SyncRow
    task_id: UUID
    newer: int


def newer_there(connection: Connection[Any], task: TaskRow, row: SyncRow) -> int | None:
    """The version that the chatbot has kept in place of that of the row's sync, if it has."""
    said = task.result if isinstance(task.result, dict) else {}
    superseding = said.get("superseded_by")
    if is_shared(task):
        return superseding if str(row.entity_id) in (said.get("overtaken") or ()) else None
    if superseding is not None:
        return int(superseding)
    left = said.get("newer")
    # What was written after a deletion of many was asked for may have been faster than that.
    if left is None or (_is_known(connection, row, left) and _has_later(connection, task.id, row)):
        return None
    return int(left)


def _is_known(connection: Connection[Any], row: SyncRow, version: int) -> bool:
    return version <= last_version(connection, row.customer_id, row.entity.domain)


def _has_later(connection: Connection[Any], task_id: UUID, row: SyncRow) -> bool:
    """Whether anything was written since the deletion of many was asked for that is the row's."""
    values = {
        "task": task_id,
        "customer": row.customer_id,
        "entity": "faq" if row.entity is Entity.FAQS else "document",
        "version": row.desired_version,
    }
    return bool(connection.execute(_LATER, values).fetchall())


def send_again(
    connection: Connection[Any], issuer: SyncIssuer, overtaken: Sequence[Overtaken]
) -> set[UUID]:
    """Let these be synced in versions beyond the chatbot's; returns the entities of which they are.

    Within the recorder's transaction, under the locks of rows and tasks, with the counter locked
    last: a request that waits for them meanwhile may end in a deadlock, and one of the two is run
    again. Left out is what was sent again before in vain, or whose payload is not known any more;
    and a deletion of many after which something was written, which it would take away as well.
    """
    described = _described(connection, overtaken) if overtaken else []
    sent: set[UUID] = set()
    for customer_id, domain in sorted({item.counter for item in described}):
        mine = [item for item in described if item.counter == (customer_id, domain)]
        newest = max(item.newer for item in mine)
        # From here on nobody writes anything; and what is asked for next is beyond it in any case.
        take_versions(connection, customer_id, domain, 0, beyond=newest)
        again = [item for item in mine if not item.harms_later(connection)]
        _send(connection, issuer, customer_id, domain, again)
        sent.update(item.row.entity_id for item in again)
    return sent


@dataclass(frozen=True, slots=True)
class _Again:
    """A sync to be sent again: all of its job but the version, and how often that was done."""

    row: SyncRow
    task_id: UUID
    newer: int
    job: type[Job]
    payload: dict[str, Any]
    times: int

    @property
    def counter(self) -> tuple[UUID, Domain]:
        return self.row.customer_id, self.row.entity.domain

    def harms_later(self, connection: Connection[Any]) -> bool:
        is_one = self.row.entity in (Entity.DOCUMENT, Entity.FAQ)
        return not is_one and _has_later(connection, self.task_id, self.row)


def _described(connection: Connection[Any], overtaken: Sequence[Overtaken]) -> list[_Again]:
    ids = sorted({item.task_id for item in overtaken})
    values = {"ids": ids, "low": ids[0], "high": ids[-1]}
    with connection.cursor(row_factory=dict_row) as cursor:
        tasks = {row["id"]: row for row in cursor.execute(_TASKS, values)}
        imported = [o.row.entity_id for o in overtaken if tasks[o.task_id]["kind"] not in _KINDS]
        rows = {row["id"]: row for row in cursor.execute(_FAQS, [imported])}
    found = []
    for item in overtaken:
        task, faq = tasks[item.task_id], rows.get(item.row.entity_id)
        job, payload = _KINDS.get(task["kind"], faqs.UpdateFaq), task["payload"]
        if faq is not None:
            payload = {**faq, "customer_id": item.row.customer_id, "faq_id": faq["id"]}
        # That of a task that was cleaned up, and started again, is empty.
        if "customer_id" in payload and task["times"] < _MOST_TIMES:
            found.append(_Again(item.row, item.task_id, item.newer, job, payload, task["times"]))
    return found


def _send(
    connection: Connection[Any],
    issuer: SyncIssuer,
    customer_id: UUID,
    domain: Domain,
    again: Sequence[_Again],
) -> None:
    if not again:
        return
    last = take_versions(connection, customer_id, domain, len(again))
    caller = Caller(customer_id, "standard", "service:sync", frozenset(), is_system=True)
    rows, tasks = [], []
    for version, item in enumerate(again, start=last - len(again) + 1):
        job = item.job.model_validate({**item.payload, "desired_version": version})
        task_id = new_id()
        decision = decide_change(
            item.row, version, task_id, None, deletes=item.row.deleted, needless=False
        )
        noted = {"sent_again": item.times + 1}
        rows.append(decision.after)
        tasks.append(SyncTask(task_id, job, caller, decision.placement, metadata=noted))
    issuer.issue(connection, tasks)
    write_syncs(connection, rows)
    _log.warning(
        "the chatbot has newer versions than this gateway: was it restored from a backup?"
        " What is desired is sent again, beyond those",
        customer_id=str(customer_id),
        domain=domain.value,
        newest=max(item.newer for item in again),
        count=len(tasks),
    )
