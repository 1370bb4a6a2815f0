"""What the chatbot does with documents and FAQs."""

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from chatbot.errors import Superseded, Unknown, VersionConflict
from chatbot.hashing import content_hash
from chatbot.schemas import (
    Applied,
    Change,
    Collection,
    ItemOutcome,
    Listed,
    Page,
    Removed,
)
from chatbot.versions import Place, is_new, raise_floor, seen

_PUT = """
INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET version = excluded.version, deleted = excluded.deleted,
    hash = excluded.hash, source = excluded.source, content = excluded.content
"""
_LIST = """
SELECT id, version, hash, source FROM entries
WHERE customer = ? AND collection = ? AND id > ? AND NOT deleted ORDER BY id LIMIT ?
"""
_STANDING = """
SELECT count(*) FROM entries WHERE customer = ? AND collection = ? AND version <= ? AND NOT deleted
"""
_NEWER = """
SELECT max(version) FROM entries
WHERE customer = ? AND collection = ? AND version > ? AND NOT deleted
"""
_REMOVE = "DELETE FROM entries WHERE customer = ? AND collection = ? AND version <= ?"
_BURY = """
UPDATE entries SET deleted = 1, hash = '', content = NULL
WHERE customer = ? AND collection = ? AND version <= ? AND source = ?
"""


class Store:
    """Documents and FAQs of all customers, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, place: Place, version: int, content: dict[str, Any]) -> Applied:
        """Make this the entry's content; raises Superseded and VersionConflict."""
        return _put(self._connection, place, version, content)

    def put_many(
        self, customer: str, items: Sequence[tuple[str, int, dict[str, Any]]]
    ) -> list[ItemOutcome]:
        """FAQs, each with an outcome of its own: (id, version, content)."""
        return [
            _outcome(self._connection, Place(customer, Collection.FAQS, id_), version, content)
            for id_, version, content in items
        ]

    def delete(self, place: Place, version: int) -> Applied:
        """Remove an entry, known or not: an older version that comes later is refused."""
        known = self._connection.execute(
            "SELECT source FROM entries WHERE customer = ? AND collection = ? AND id = ?",
            (place.customer, place.collection, place.id),
        ).fetchone()
        source = known["source"] if known else None
        new = is_new(self._connection, place, version, "", source)
        if new:
            row = (place.customer, place.collection, place.id, version, 1, "", source, None)
            self._connection.execute(_PUT, row)
            _note(self._connection, place, version, "delete")
        return Applied(id=place.id, version=version, status="applied" if new else "unchanged")

    def delete_all(self, customer: str, collection: Collection, version: int) -> Removed:
        """Remove what is not above `version`; raises Superseded by a higher floor."""
        new = raise_floor(self._connection, customer, collection, None, version)
        given = (customer, collection, version)
        removed, newer = self._one(_STANDING, given) or 0, self._one(_NEWER, given)
        # With the tombstones: the floor says it for all of them.
        self._connection.execute(_REMOVE, given)
        if new:
            _note(self._connection, Place(customer, collection, ""), version, "delete_all")
        return Removed(version=version, removed=removed, newer=newer)

    def delete_by_source(self, customer: str, source: str, version: int) -> Removed:
        """Remove what is not above `version` of one source; raises Superseded."""
        collection = Collection.DOCUMENTS
        new = raise_floor(self._connection, customer, collection, source, version)
        given = (customer, collection, version, source)
        removed = self._one(f"{_STANDING} AND source = ?", given) or 0
        newer = self._one(f"{_NEWER} AND source = ?", given)
        # Tombstones of their own versions: an entry may have had another source before, and another
        # one since.
        self._connection.execute(_BURY, given)
        if new:
            place = Place(customer, collection, source)
            _note(self._connection, place, version, "delete_by_source")
        return Removed(version=version, removed=removed, newer=newer)

    def _one(self, query: str, given: tuple[str | int, ...]) -> int | None:
        number: int | None = self._connection.execute(query, given).fetchone()[0]
        return number

    def get(self, place: Place) -> dict[str, Any]:
        """The content with its version; raises Unknown."""
        row = self._connection.execute(
            "SELECT version, content FROM entries WHERE customer = ? AND collection = ?"
            " AND id = ? AND NOT deleted",
            (place.customer, place.collection, place.id),
        ).fetchone()
        if row is None:
            raise Unknown(f"{place.collection} of this customer have no {place.id}")
        return {"id": place.id, "version": row["version"], **json.loads(row["content"])}

    def page(self, customer: str, collection: Collection, after: str, limit: int) -> Page:
        """Entries after an id."""
        given = (customer, collection, after, limit + 1)
        rows = self._connection.execute(_LIST, given).fetchall()
        items = [Listed(**row) for row in rows[:limit]]
        return Page(items=items, next_after=items[-1].id if len(rows) > limit else None)

    def changes(self, customer: str) -> list[Change]:
        """What was applied, in that order."""
        rows = self._connection.execute(
            "SELECT number, collection, id, version, operation FROM changes"
            " WHERE customer = ? ORDER BY number",
            (customer,),
        ).fetchall()
        return [Change(**row) for row in rows]


def _put(
    connection: sqlite3.Connection, place: Place, version: int, content: dict[str, Any]
) -> Applied:
    hash_, source = content_hash(content), content.get("source")
    try:
        new = is_new(connection, place, version, hash_, source)
    except Superseded:
        _bury_older(connection, place, version, source)
        raise
    if new:
        text = json.dumps(content, ensure_ascii=False)
        row = (place.customer, place.collection, place.id, version, 0, hash_, source, text)
        connection.execute(_PUT, row)
        _note(connection, place, version, "put")
    return Applied(id=place.id, version=version, status="applied" if new else "unchanged")


def _bury_older(
    connection: sqlite3.Connection, place: Place, version: int, source: str | None
) -> None:
    """What is older than a refused write is out of date as well, also if no floor covers it.

    It may stand under another source than the one that was deleted.
    """
    known = seen(connection, place)
    if known is None or known.version < version:
        row = (place.customer, place.collection, place.id, version, 1, "", source, None)
        connection.execute(_PUT, row)


def _outcome(
    connection: sqlite3.Connection, place: Place, version: int, content: dict[str, Any]
) -> ItemOutcome:
    try:
        applied = _put(connection, place, version, content)
    except Superseded as error:
        return ItemOutcome(
            id=place.id,
            version=version,
            status="superseded",
            current_version=error.current_version,
        )
    except VersionConflict:
        return ItemOutcome(id=place.id, version=version, status="conflict")
    return ItemOutcome(id=place.id, version=version, status=applied.status)


def _note(connection: sqlite3.Connection, place: Place, version: int, operation: str) -> None:
    connection.execute(
        "INSERT INTO changes (customer, collection, id, version, operation) VALUES (?, ?, ?, ?, ?)",
        (place.customer, place.collection, place.id, version, operation),
    )
