"""What the ends of tasks that make vectors say of items: why they have none."""

from collections.abc import Iterator, Sequence
from typing import Any, LiteralString

import orjson
import structlog
from psycopg import Connection
from psycopg.rows import dict_row
from pydantic import ValidationError

from gateway.catalogue.ends import error_of, told
from warren.contracts.catalogue_vectors import EmbeddingResult, EmbedDocuments
from warren.contracts.state_machine import Transition

_log = structlog.get_logger("warren.recorder")

# The payload of a task that was cleaned up, and started again, names no items.
_PAYLOADS: LiteralString = """
SELECT id, payload ->> 'entity_kind' AS entity_kind, payload -> 'entities' AS entities
FROM tasks WHERE id = ANY (%(ids)s::uuid[]) AND id BETWEEN %(low)s AND %(high)s
    AND payload ? 'entities'
ORDER BY id
"""
# Rows are locked in the order of the gateway's writes. What has moved on is no longer meant.
_FOLLOW: LiteralString = """
WITH n AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%s::json) AS row (customer_id uuid, entity_kind text, id text,
        version bigint, error jsonb)
), locked AS MATERIALIZED (
    SELECT c.customer_id, c.entity_kind, c.id, n.error
    FROM n JOIN catalogue_items c
        ON c.customer_id = n.customer_id AND c.entity_kind = n.entity_kind AND c.id = n.id
        AND c.version = n.version
    WHERE c.vector_error IS DISTINCT FROM n.error
    ORDER BY c.customer_id, c.entity_kind, c.id FOR NO KEY UPDATE OF c
)
UPDATE catalogue_items c SET vector_error = l.error FROM locked l
WHERE c.customer_id = l.customer_id AND c.entity_kind = l.entity_kind AND c.id = l.id
"""


def follow_vectors(connection: Connection[Any], transitions: Sequence[Transition]) -> None:
    """A projection: items learn that their vectors were not made, or were in a later try."""
    told = {t.after.id: t for t in transitions if _is_news(t)}
    if not told:
        return
    ids = sorted(told)
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(_PAYLOADS, {"ids": ids, "low": ids[0], "high": ids[-1]})
        rows = [
            item for payload in cursor.fetchall() for item in _items(told[payload["id"]], payload)
        ]
        cursor.execute(_FOLLOW, [orjson.dumps(rows).decode()])


def _is_news(transition: Transition) -> bool:
    task = transition.after
    if not transition.ended or task.kind != EmbedDocuments.kind:
        return False
    # Nothing has been said of an item before the first end of its task.
    return transition.success is None or task.generation > 1 or bool(_refused(transition))


def _items(transition: Transition, payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    task = transition.after
    error, refused = None if transition.success else error_of(task), _refused(transition)
    for entity in payload["entities"]:
        yield {
            "customer_id": task.customer_id,
            "entity_kind": payload["entity_kind"],
            "id": entity["id"],
            "version": entity["entity_version"],
            "error": refused.get(entity["id"], error),
        }


def _refused(transition: Transition) -> dict[str, dict[str, Any]]:
    """Why the index has not taken some of the vectors, by the ids of their items."""
    if transition.success is None:
        return {}
    result = transition.success.data.result
    try:
        failures = EmbeddingResult.model_validate(result).refused
    except ValidationError as error:
        _log.error(
            "a result of the indexer cannot be read",
            task=str(transition.after.id),
            error=str(error),
        )
        return {}
    return {
        failure.id: told(
            {"type": "Refused", "message": failure.reason, "field": failure.field},
            transition.after,
        )
        for failure in failures
    }
