"""What other systems have of a customer is deleted there, by tasks that act as the customer.

They are written once nothing more can come: each deletes what was written before it, and no more.
"""

from typing import Any, LiteralString
from uuid import UUID

import orjson
from prometheus_client import CollectorRegistry
from psycopg import Connection

from gateway.authentication import Caller
from gateway.catalogue.rows import RAISE_FLOOR, TAKE_VERSIONS
from gateway.documents.writing import delete_all
from gateway.faqs.writing import delete_all_faqs
from gateway.intake.definitions import Definitions
from gateway.reconciling.decision import Placement
from gateway.reconciling.entities import Domain
from gateway.reconciling.issuing import SyncIssuer, SyncTask
from gateway.reconciling.writing import Writing
from gateway.tasks.routing import Router
from warren.contracts.catalogue import Action, catalogue_job
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.ids import derived_id

What = Domain | EntityKind
#: All that may be kept elsewhere.
KEPT: tuple[What, ...] = (*Domain, *EntityKind)
# What was ever written down elsewhere has a version.
_PLAN: LiteralString = """
SELECT c.plan FROM customers c WHERE c.id = %(id)s AND (
    EXISTS (SELECT FROM sync_versions v WHERE v.customer_id = c.id AND v.domain = %(what)s)
    OR %(is_kind)s AND EXISTS (SELECT FROM catalogue_versions v WHERE v.customer_id = c.id)
) AND NOT EXISTS (SELECT FROM tasks WHERE id = %(task)s)
"""
_DELETING = {Domain.DOCUMENTS: delete_all, Domain.FAQS: delete_all_faqs}


def emptying_ids(erasing: UUID, generation: int) -> dict[What, UUID]:
    """The tasks of an erasure, as far as there are any, by what they delete.

    Others for each generation: between two of them the customer may have written.
    """
    return {what: derived_id(erasing, f"{what.value}:{generation}") for what in KEPT}


def begin_emptying(
    connection: Connection[Any], customer_id: UUID, erasing: UUID, generation: int, what: What
) -> None:
    """Write the task that deletes this, in a transaction, unless it was written before or the
    customer has never had any."""
    task_id = emptying_ids(erasing, generation)[what]
    is_kind = isinstance(what, EntityKind)
    values = {"id": customer_id, "what": what.value, "is_kind": is_kind, "task": task_id}
    rows = connection.execute(_PLAN, values).fetchall()
    if not rows:
        return
    caller = Caller(customer_id, rows[0][0], f"task:{erasing}", frozenset())
    issuer = SyncIssuer(Router(None, CollectorRegistry()), Definitions())
    if isinstance(what, EntityKind):
        _clear(connection, issuer, caller, what, task_id)
    else:
        _DELETING[what](Writing(connection, issuer, caller, None), task_id)
    connection.execute("SELECT pg_notify('warren_outbox', '')")


def _clear(
    connection: Connection[Any], issuer: SyncIssuer, caller: Caller, kind: EntityKind, task_id: UUID
) -> None:
    """A floor below which nothing is found from now on, and the task that cleans up."""
    customer = caller.customer_id
    taken = orjson.dumps([{"customer_id": str(customer), "count": 1}]).decode()
    ((_, floor),) = connection.execute(TAKE_VERSIONS, [taken]).fetchall()
    values = {"customer": customer, "kind": kind, "floor": floor, "task": task_id}
    connection.execute(RAISE_FLOOR, values)
    job = catalogue_job(Action.DELETE_ALL, kind).model_validate(
        {"customer_id": customer, "floor": floor}
    )
    issuer.issue(connection, [SyncTask(task_id, job, caller, Placement.DUE)])
