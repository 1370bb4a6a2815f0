"""What the ends of index tasks say of items: how far the index is, and why it is not further."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString

import structlog
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import ValidationError

from gateway.catalogue.ends import error_of, told
from gateway.catalogue.following import (
    FloorEnd,
    ItemEnd,
    RangeEnd,
    follow_floor,
    follow_items,
    follow_range,
)
from warren.contracts.catalogue import CATALOGUE_JOBS, CatalogueResult
from warren.contracts.state_machine import TaskRow, Transition

_log = structlog.get_logger("warren.recorder")

# The payload of a task that was cleaned up, and started again, has none of these.
_PAYLOADS: LiteralString = """
SELECT id, payload ->> 'id' AS item_id, (payload ->> 'entity_version')::bigint AS version,
    (payload ->> 'first_version')::bigint AS first, (payload ->> 'count')::bigint AS count,
    (payload ->> 'floor')::bigint AS floor
FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
ORDER BY id
"""
_UNDESCRIBED = {"type": "Refused", "message": "the index has refused it; the task's log says more"}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a task has ended: with a result that can be read, or with an error."""

    task: TaskRow
    result: CatalogueResult | None
    error: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """Of the items."""
        return CATALOGUE_JOBS[self.task.kind].entity_kind.value

    @property
    def index(self) -> str | None:
        """The version of the index that has taken it up."""
        return self.result.index if self.result else None


def follow_index(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: items learn of the ends of their tasks, and only move forward."""
    outcomes = [_outcome(t) for t in transitions if t.ended and t.after.kind in CATALOGUE_JOBS]
    if not outcomes:
        return
    payloads = _payloads(connection, outcomes)
    items = []
    for outcome in outcomes:
        payload = payloads.get(outcome.task.id, {})
        if payload.get("item_id") is not None:
            items.append(_item(outcome, payload))
        elif payload.get("first") is not None:
            follow_range(connection, _range(outcome, payload))
        elif payload.get("floor") is not None:
            follow_floor(connection, _floor(outcome, payload))
    follow_items(connection, items)


def _payloads(connection: Connection[Any], outcomes: Sequence[_Outcome]) -> dict[Any, Any]:
    ids = sorted(outcome.task.id for outcome in outcomes)
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(_PAYLOADS, {"ids": ids, "low": ids[0], "high": ids[-1]})
        return {row["id"]: row for row in cursor.fetchall()}


def _outcome(transition: Transition) -> _Outcome:
    task = transition.after
    if transition.success is None:
        return _Outcome(task, None, error_of(task))
    try:
        result = CatalogueResult.model_validate(transition.success.data.result)
    except ValidationError as error:
        # The end of the task counts all the same; the item is what nobody knows of.
        _log.error("a result of the indexer cannot be read", task=str(task.id), error=str(error))
        said = {"type": "UnreadableResult", "message": "the indexer's result cannot be read"}
        return _Outcome(task, None, told(said, task))
    return _Outcome(task, result, None)


def _item(outcome: _Outcome, payload: Mapping[str, Any]) -> ItemEnd:
    task = outcome.task
    return ItemEnd(
        task.customer_id,
        outcome.kind,
        payload["item_id"],
        payload["version"],
        outcome.index,
        _error(outcome),
    )


def _error(outcome: _Outcome) -> dict[str, Any] | None:
    """Why nothing of what was to be written is in the index."""
    if outcome.result is None or outcome.result.superseded_by is None:
        return outcome.error
    message = f"the index has version {outcome.result.superseded_by}, which is newer"
    return told({"type": "IndexAhead", "message": message}, outcome.task)


def _range(outcome: _Outcome, payload: Mapping[str, Any]) -> RangeEnd:
    task, result, first = outcome.task, outcome.result, payload["first"]
    failed: dict[int, dict[str, Any]] = {}
    if result is not None:
        failed = {first + line: told(_UNDESCRIBED, task) for line in result.failed_lines}
        for failure in result.failures:
            said = {"type": "Refused", "message": failure.reason, "field": failure.field}
            failed[first + failure.line] = told(said, task)
    return RangeEnd(
        task.customer_id,
        outcome.kind,
        first,
        first + payload["count"] - 1,
        outcome.index,
        failed,
        _error(outcome),
    )


def _floor(outcome: _Outcome, payload: Mapping[str, Any]) -> FloorEnd:
    return FloorEnd(outcome.task.customer_id, outcome.kind, payload["floor"], outcome.error)
