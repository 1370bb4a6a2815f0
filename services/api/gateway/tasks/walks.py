"""Along which index the tasks of a filter are looked at, in the order of their ids.

Each index ends with the id. By a comparison of rows its first columns are part of the order that is
asked for, so that the planner has one way only: by its statistics it would walk along all ids to a
rare kind. What an index does not cover is looked at row by row.
"""

from typing import LiteralString

from gateway.tasks.selection import BAD_ENDS, TaskFilter

_ALL: LiteralString = """
SELECT {columns} FROM tasks t WHERE t.id > %(above)s AND t.id < %(below)s{owner}
ORDER BY t.id {order} LIMIT %(window)s
"""
_OWNER: LiteralString = " AND t.customer_id = %(customer_id)s"
# The bounds of the id alone leave out partitions.
_ALONG: LiteralString = """
SELECT {columns} FROM tasks t WHERE t.id > %(above)s AND t.id < %(below)s
    AND ({names}, t.id) > ({values}, %(above)s) AND ({names}, t.id) < ({values}, %(below)s){where}
ORDER BY {sorted}, t.id {order} LIMIT %(window)s
"""
_MERGED: LiteralString = "SELECT * FROM ({walks}) t ORDER BY t.id {order} LIMIT %(window)s"
#: States as `ended_badly` has them.
_BAD_ENDS: dict[str, LiteralString] = {
    "failed": "'failed'",
    "cancelled": "'cancelled'",
    "expired": "'expired'",
}
# What the partial indexes are of.
_NOTED: LiteralString = " AND t.ended_badly IS NOT NULL"
_OF_PARENTS: LiteralString = " AND t.parent_id IS NOT NULL"
_OF_USERS: LiteralString = " AND t.user_id IS NOT NULL"


def walk(chosen: TaskFilter, columns: LiteralString, order: LiteralString) -> LiteralString:
    """Selects `columns` of the next tasks between `above` and `below`, `window` at most."""
    if chosen.states and chosen.states <= BAD_ENDS:
        return _to_bad_ends(chosen, columns, order)
    owner = _OWNER if chosen.customer_id else ""
    if chosen.parent_id:
        return _along({"parent_id": "%(parent_id)s"}, columns, order, _OF_PARENTS)
    if chosen.kind:
        return _along({"kind": "%(kind)s"}, columns, order, owner)
    if chosen.user_id:
        return _along({"user_id": "%(user_id)s"}, columns, order, _OF_USERS)
    return _ALL.format(columns=columns, owner=owner, order=order)


def _to_bad_ends(chosen: TaskFilter, columns: LiteralString, order: LiteralString) -> LiteralString:
    first: dict[LiteralString, LiteralString] = {}
    if chosen.kind:
        first = {"kind": "%(kind)s"}
    elif chosen.customer_id:
        first = {"customer_id": "%(customer_id)s"}
    walks = [
        _along({**first, "ended_badly": _BAD_ENDS[state]}, columns, order, _NOTED)
        for state in sorted(chosen.states)
    ]
    if len(walks) == 1:
        return walks[0]
    return _MERGED.format(walks=" UNION ALL ".join(f"({each})" for each in walks), order=order)


def _along(
    leading: dict[LiteralString, LiteralString],
    columns: LiteralString,
    order: LiteralString,
    where: LiteralString = "",
) -> LiteralString:
    names = ["t." + name for name in leading]
    return _ALONG.format(
        columns=columns,
        names=", ".join(names),
        values=", ".join(leading.values()),
        where=where,
        sorted=", ".join(name + " " + order for name in names),
        order=order,
    )
