"""Deleting all documents, or FAQs, of a customer by one sync."""

from typing import LiteralString
from uuid import UUID

from gateway.auditing.changes import Action
from gateway.reconciling.changing import Change
from gateway.reconciling.covering import delete_covered
from gateway.reconciling.entities import Entity, scope_id
from gateway.reconciling.rows import take_versions
from gateway.reconciling.writing import Writing
from warren.contracts.job import Job

_TOLD = {Entity.DOCUMENTS: Action.DOCUMENTS_DELETED, Entity.FAQS: Action.FAQS_DELETED}


def delete_everything(
    writing: Writing, scope: Entity, members: LiteralString, task_id: UUID, model: type[Job]
) -> tuple[int, int]:
    """Delete what `members` finds for a customer: ids, and whether they are gone already.

    Returns the version, and how many are gone from now on: 0 if the same request has been done
    before. `model` is the job; the sync is made in any case, as the chatbot may have more.
    """
    connection, customer = writing.connection, writing.caller.customer_id
    version = take_versions(connection, customer, scope.domain)
    if (payload := writing.payload_of(task_id)) is not None:
        return int(payload["desired_version"]), 0
    found = connection.execute(members, [customer]).fetchall()
    job = model.model_validate({"customer_id": customer, "desired_version": version})
    change = Change(scope_id(customer, scope), scope, task_id, version, lambda _: job)
    delete_covered(
        connection,
        writing.issuer,
        writing.caller,
        change,
        [member for member, _ in found],
        always=True,
        traceparent=writing.traceparent,
    )
    deleted = sum(not was_gone for _, was_gone in found)
    writing.tell(_TOLD[scope], scope.domain.value, deleted=deleted, task_id=task_id)
    return version, deleted
