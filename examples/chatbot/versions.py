"""Which version of an entry stands, and which comes too late."""

import sqlite3
from dataclasses import dataclass

from chatbot.errors import Superseded, VersionConflict
from chatbot.schemas import Collection

#: Under this source stands the floor of a whole collection.
_ALL = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of one customer."""

    customer: str
    collection: Collection
    id: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest version that was seen; a deleted entry has the hash ''."""

    version: int
    hash: str


def seen(connection: sqlite3.Connection, place: Place) -> Seen | None:
    """What is known of an entry, also when it is deleted."""
    row = connection.execute(
        "SELECT version, hash FROM entries WHERE customer = ? AND collection = ? AND id = ?",
        (place.customer, place.collection, place.id),
    ).fetchone()
    return Seen(row["version"], row["hash"]) if row else None


def is_new(
    connection: sqlite3.Connection, place: Place, version: int, hash_: str, source: str | None
) -> bool:
    """Whether a version is to be applied; False if it has been.

    Raises Superseded and VersionConflict.
    """
    lowest = floor(connection, place, source)
    if version <= lowest:
        raise Superseded(lowest)
    known = seen(connection, place)
    if known is not None and known.version == version:
        if known.hash != hash_:
            raise VersionConflict(version)
        return False
    if known is not None and known.version > version:
        raise Superseded(known.version)
    return True


def floor(connection: sqlite3.Connection, place: Place, source: str | None) -> int:
    """What is not above this version was deleted with all others, or with its source."""
    row = connection.execute(
        "SELECT max(version) AS version FROM floors WHERE customer = ? AND collection = ?"
        " AND source IN (?, ?)",
        (place.customer, place.collection, _ALL, source or _ALL),
    ).fetchone()
    return row["version"] or 0


def raise_floor(
    connection: sqlite3.Connection,
    customer: str,
    collection: Collection,
    source: str | None,
    version: int,
) -> bool:
    """From now on nothing below this version is accepted; False if that is so already.

    Raises Superseded by a higher one.
    """
    row = connection.execute(
        "SELECT version FROM floors WHERE customer = ? AND collection = ? AND source = ?",
        (customer, collection, source or _ALL),
    ).fetchone()
    if row and row["version"] > version:
        raise Superseded(row["version"])
    if row and row["version"] == version:
        return False
    connection.execute(
        "INSERT INTO floors VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET version = excluded.version",
        (customer, collection, source or _ALL, version),
    )
    return True
