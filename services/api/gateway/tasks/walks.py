"""Where the tasks of a filter are looked at that may have ended, in the order of their ids.

By what an index has beside the id (migration 0029), if the filter names that; else along all ids.
What is left of the filter is looked at row by row. Equalities, so that the planner knows how many
rows there are: by bounds it takes them for none, and sorts a million tasks to show fifty.
"""

from typing import LiteralString

from gateway.tasks.selection import BAD_ENDS, TaskFilter

_WALK: LiteralString = """
SELECT {columns} FROM tasks t WHERE t.id > %(above)s AND t.id < %(below)s{where}
ORDER BY t.id {order} LIMIT %(window)s
"""
_MERGED: LiteralString = "SELECT * FROM ({walks}) t ORDER BY t.id {order} LIMIT %(window)s"
_PARENT: LiteralString = " AND t.parent_id = %(parent_id)s"
_KIND: LiteralString = " AND t.kind = %(kind)s"
_OWNER: LiteralString = " AND t.customer_id = %(customer_id)s"
_USER: LiteralString = " AND t.user_id = %(user_id)s"
#: For each state an index range of its own: together they are in no order.
_BAD: dict[str, LiteralString] = {
    "failed": " AND t.ended_badly = 'failed'",
    "cancelled": " AND t.ended_badly = 'cancelled'",
    "expired": " AND t.ended_badly = 'expired'",
}


def walk(chosen: TaskFilter, columns: LiteralString, order: LiteralString) -> LiteralString:
    """Selects `columns` of the next tasks between `above` and `below`, `window` at most."""
    where = _indexed(chosen)
    if not chosen.states or not chosen.states <= BAD_ENDS:
        return _WALK.format(columns=columns, where=where, order=order)
    walks = [
        _WALK.format(columns=columns, where=where + _BAD[state], order=order)
        for state in sorted(chosen.states)
    ]
    if len(walks) == 1:
        return walks[0]
    return _MERGED.format(walks=" UNION ALL ".join(f"({each})" for each in walks), order=order)


def _indexed(chosen: TaskFilter) -> LiteralString:
    if chosen.parent_id:
        return _PARENT
    kind = _KIND if chosen.kind else ""
    owner = _OWNER if chosen.customer_id else ""
    if not kind and chosen.user_id:
        return owner + _USER
    return owner + kind
