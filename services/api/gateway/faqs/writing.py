"""Changes of one FAQ, and the deletion of all, each in one transaction with its task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.auditing.changes import Action, rows_of, told_beside
from gateway.faqs.problems import FaqNotFound
from gateway.faqs.schemas import question_key
from gateway.reconciling.artifacts import drop_artifacts, keep_artifacts
from gateway.reconciling.changing import Change, change_entities
from gateway.reconciling.decision import SyncRow
from gateway.reconciling.emptying import delete_everything
from gateway.reconciling.entities import Domain, Entity
from gateway.reconciling.rows import take_versions
from gateway.reconciling.writing import Writing
from warren.contracts.artifact import ArtifactRef
from warren.contracts.faqs import CreateFaq, DeleteAllFaqs, DeleteFaq, UpdateFaq
from warren.contracts.job import Job

_EXISTS: LiteralString = """
SELECT FROM faqs f JOIN syncs s ON s.entity_id = f.id
WHERE f.id = %s AND f.customer_id = %s AND NOT s.deleted
"""
# A deletion that has failed can be asked for again.
_IS_THERE: LiteralString = """
SELECT FROM faqs f JOIN syncs s ON s.entity_id = f.id
WHERE f.id = %s AND f.customer_id = %s AND (NOT s.deleted OR s.state = 'failed')
"""
_PUT: LiteralString = told_beside("""
INSERT INTO faqs (id, customer_id, question, answer, question_key, files)
VALUES (%(id)s, %(customer)s, %(question)s, %(answer)s, %(key)s, %(files)s)
ON CONFLICT (id) DO UPDATE SET question = excluded.question, answer = excluded.answer,
    question_key = excluded.question_key, files = excluded.files, updated_at = now()
""")
_ALL: LiteralString = """
SELECT entity_id, deleted FROM syncs WHERE customer_id = %s AND entity = 'faq'
    AND NOT (deleted AND state = 'synced')
"""


@dataclass(frozen=True, slots=True)
class NewFaq:
    """An FAQ as it is desired."""

    id: UUID
    question: str
    answer: str
    files: Sequence[ArtifactRef]

    def job(self, customer_id: UUID, version: int, before: SyncRow) -> Job:
        """What brings it to the chatbot, which may have an earlier version."""
        follows = before.reached or before.synced_version or before.next_task_id
        model = UpdateFaq if follows else CreateFaq
        return model(
            customer_id=customer_id,
            faq_id=self.id,
            desired_version=version,
            question=self.question,
            answer=self.answer,
            files=list(self.files),
        )


@dataclass(frozen=True, slots=True)
class WrittenFaq:
    """What was written: the task, and the version that it brings about."""

    task_id: UUID
    version: int
    deleted: int = 0


def put_faq(writing: Writing, new: NewFaq, task_id: UUID, *, replaces: bool) -> WrittenFaq:
    """Add the FAQ, or replace what is there; raises FaqNotFound."""
    connection, customer = writing.connection, writing.caller.customer_id
    version = take_versions(connection, customer, Domain.FAQS)
    if (payload := writing.payload_of(task_id)) is not None:
        return WrittenFaq(task_id, payload["desired_version"])
    if replaces:
        _ensure_exists(writing, _EXISTS, new.id)
        drop_artifacts(connection, [new.id])
    told = writing.change(Action.FAQ_WRITTEN, str(new.id), version=version, task_id=task_id)
    connection.execute(_PUT, {**faq_columns(customer, new), "told": rows_of([told])})
    keep_artifacts(connection, new.id, [file.id for file in new.files])
    change = Change(
        new.id, Entity.FAQ, task_id, version, lambda before: new.job(customer, version, before)
    )
    _change(writing, change)
    return WrittenFaq(task_id, version)


def delete_faq(writing: Writing, faq_id: UUID, task_id: UUID) -> WrittenFaq:
    """Delete it: a tombstone until the chatbot has confirmed that. Raises FaqNotFound."""
    connection, customer = writing.connection, writing.caller.customer_id
    version = take_versions(connection, customer, Domain.FAQS)
    if (payload := writing.payload_of(task_id)) is not None:
        return WrittenFaq(task_id, payload["desired_version"])
    _ensure_exists(writing, _IS_THERE, faq_id)
    change = Change(
        faq_id,
        Entity.FAQ,
        task_id,
        version,
        lambda _: DeleteFaq(customer_id=customer, faq_id=faq_id, desired_version=version),
        {"faq_id": str(faq_id), "version": version},
        deletes=True,
    )
    _change(writing, change)
    writing.tell(Action.FAQ_DELETED, str(faq_id), version=version, task_id=task_id)
    return WrittenFaq(task_id, version)


def delete_all_faqs(writing: Writing, task_id: UUID) -> WrittenFaq:
    """Delete every FAQ of the caller's customer."""
    version, deleted = delete_everything(writing, Entity.FAQS, _ALL, task_id, DeleteAllFaqs)
    return WrittenFaq(task_id, version, deleted)


def faq_columns(customer_id: UUID, new: NewFaq) -> dict[str, Any]:
    """The row of `faqs`."""
    return {
        "id": new.id,
        "customer": customer_id,
        "question": new.question,
        "answer": new.answer,
        "key": question_key(new.question),
        "files": Jsonb([file.model_dump(mode="json") for file in new.files]),
    }


def _ensure_exists(writing: Writing, query: LiteralString, faq_id: UUID) -> None:
    values = [faq_id, writing.caller.customer_id]
    if writing.connection.execute(query, values).fetchone() is None:
        raise FaqNotFound(f"there is no FAQ {faq_id}")


def _change(writing: Writing, change: Change) -> None:
    change_entities(
        writing.connection,
        writing.issuer,
        writing.caller,
        [change],
        traceparent=writing.traceparent,
    )
