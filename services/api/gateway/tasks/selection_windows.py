"""SQL that finds tasks of a filter among many, a bounded window of rows at a time.

Unfinished tasks are found in `outbox`, `in_flight` and `batches`, as each of them has a row there;
others by walking along an index (gateway.tasks.walks). A window is a few index ranges, however many
tasks there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from gateway.tasks.selection import STATE, TaskFilter
from gateway.tasks.walks import walk

#: Rows that one statement looks at, unless it is told otherwise.
WINDOW = 20_000
#: The same where payloads are read, which may be large.
_TEXT_WINDOW = 8_000

_COLUMNS: LiteralString = (
    "t.id, t.customer_id, t.user_id, t.kind, t.queue, t.lane, t.parent_id, t.tags, t.state,"
    " t.due_at"
)
_WITH_TEXTS: LiteralString = f"{_COLUMNS}, t.payload, t.error, t.message"
_WITH_ERRORS: LiteralString = f"{_COLUMNS}, t.error"
# The subquery with a limit makes each row one look-up by its id, whatever the planner estimates.
_LIVE: LiteralString = """
SELECT t.* FROM (
    (SELECT t.task_id FROM outbox t WHERE t.task_id > %(above)s AND t.task_id < %(below)s{waiting}
    ORDER BY t.task_id {order} LIMIT %(window)s)
    UNION
    (SELECT t.task_id FROM in_flight t WHERE t.task_id > %(above)s AND t.task_id < %(below)s{flying}
    ORDER BY t.task_id {order} LIMIT %(window)s)
    UNION
    (SELECT t.task_id FROM batches t WHERE t.task_id > %(above)s AND t.task_id < %(below)s
        AND t.ended_at IS NULL ORDER BY t.task_id {order} LIMIT %(window)s)
    ORDER BY task_id {order} LIMIT %(window)s
) live CROSS JOIN LATERAL (SELECT {columns} FROM tasks t WHERE t.id = live.task_id LIMIT 1) t
"""
_CHOOSE: LiteralString = """
WITH seen AS MATERIALIZED ({source})
SELECT array(SELECT t.id FROM seen t WHERE {conditions} ORDER BY t.id {order} LIMIT %(limit)s)
    AS ids, (SELECT id FROM seen ORDER BY id {reverse} LIMIT 1) AS last,
    (SELECT count(*) FROM seen) AS looked_at
"""
_COUNT: LiteralString = """
WITH seen AS MATERIALIZED ({source}), counted AS (
    SELECT {state} AS state, count(*) AS tasks FROM seen t WHERE {conditions} GROUP BY 1
)
SELECT coalesce((SELECT json_object_agg(state, tasks) FROM counted), '{{}}') AS tasks,
    (SELECT id FROM seen ORDER BY id DESC LIMIT 1) AS last,
    (SELECT count(*) FROM seen) AS looked_at
"""


@dataclass(frozen=True, slots=True)
class Window:
    """Tasks of the filter, in order; others may stand beyond `end`, none if it is None."""

    ids: list[UUID]
    end: UUID | None

    @classmethod
    def of(
        cls, ids: list[UUID], last: UUID | None, looked_at: int, values: Mapping[str, Any]
    ) -> "Window":
        """From a row of `choosing` by `values`: full of tasks, full of rows, or the last one."""
        if len(ids) == values["limit"]:
            return cls(ids, ids[-1])
        return cls(ids, last if looked_at == values["window"] else None)


def choosing(
    chosen: TaskFilter, *, newest_first: bool = False, spare_ours: bool = False
) -> LiteralString:
    """Selects `ids`, the `last` id that was looked at, and how many were.

    Between `above` and `below`, at most `limit` tasks (see `window_values`).
    """
    order: tuple[LiteralString, LiteralString] = ("DESC", "") if newest_first else ("", "DESC")
    return _CHOOSE.format(
        source=_source(chosen, order[0]),
        conditions=" AND ".join(chosen.conditions(spare_ours=spare_ours)),
        order=order[0],
        reverse=order[1],
    )


def counting(chosen: TaskFilter) -> LiteralString:
    """Selects how many `tasks` there are by state, and what `choosing` does beside ids."""
    conditions = " AND ".join(chosen.conditions(spare_ours=True))
    return _COUNT.format(source=_source(chosen, ""), state=STATE, conditions=conditions)


def window_values(
    chosen: TaskFilter,
    above: UUID,
    below: UUID,
    *,
    limit: int | None = None,
    window: int | None = None,
) -> dict[str, Any]:
    """Values of both statements; the filter's own bounds hold in any case."""
    lowest, highest = chosen.bounds
    return {
        **chosen.values,
        "above": max(above, lowest),
        "below": min(below, highest),
        "limit": limit or WINDOW,
        "window": window or largest_window(chosen),
    }


def largest_window(chosen: TaskFilter) -> int:
    """Rows that one statement looks at."""
    return min(_TEXT_WINDOW, WINDOW) if chosen.searched_text else WINDOW


def _source(chosen: TaskFilter, order: LiteralString) -> LiteralString:
    columns = _columns(chosen)
    if not chosen.is_live:
        return walk(chosen, columns, order)
    queue = _equal("queue") if chosen.queue else ""
    kind = _equal("kind") if chosen.kind else ""
    owner = _equal("customer_id") if chosen.customer_id else ""
    return _LIVE.format(columns=columns, waiting=queue + kind + owner, flying=queue, order=order)


def _columns(chosen: TaskFilter) -> LiteralString:
    if chosen.searched_text:
        return _WITH_TEXTS
    return _WITH_ERRORS if chosen.searched_error else _COLUMNS


def _equal(column: LiteralString) -> LiteralString:
    return " AND t.{0} = %({0})s".format(column)  # noqa: UP032 -- stays a LiteralString
