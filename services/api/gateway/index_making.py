"""Indexes of tables that may be large, made while others write.

A plain CREATE INDEX lets nobody write the table until it is done, and PostgreSQL makes none of a
partitioned table concurrently: each partition gets its own, and the whole is valid with the last.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from alembic import op
from sqlalchemy import Connection, text

#: Bytes; an index of a smaller table is made in less time than others wait without noticing it.
_SMALL = 8 * 1024 * 1024
#: While it is waited for transactions that began earlier nobody waits behind.
_PATIENCE = "10min"
_IS_VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
_IS_PARTITIONED = text("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(:table)")
_SIZE = text("SELECT pg_relation_size(to_regclass(:table))")
_WITHOUT = text("""
SELECT part.relname FROM pg_inherits i JOIN pg_class part ON part.oid = i.inhrelid
WHERE i.inhparent = to_regclass(:table) AND NOT EXISTS (
    SELECT FROM pg_inherits a JOIN pg_index x ON x.indexrelid = a.inhrelid
    WHERE a.inhparent = to_regclass(:name) AND x.indrelid = part.oid)
ORDER BY 1
""")


@dataclass(frozen=True, slots=True)
class NewIndex:
    """`columns` with their parentheses, and the condition if there is one."""

    name: str
    table: str
    columns: str


def make_indexes(indexes: Sequence[NewIndex]) -> None:
    """Make them in a migration; what it did before is committed, and so is done again with it.

    Interrupted, it goes on where it was when the migration runs again: what is valid stays, and
    what is left of an index that was being made is made anew. Raises sqlalchemy's OperationalError
    for a table that is in use all the time.
    """
    with op.get_context().autocommit_block():
        connection = op.get_bind()
        for index in indexes:
            if _is_valid(connection, index.name):
                continue
            if connection.execute(_IS_PARTITIONED, {"table": index.table}).scalar():
                _make_by_partitions(connection, index)
            else:
                _make(connection, index)


def drop_indexes(indexes: Sequence[NewIndex]) -> None:
    """Take them away in a downgrade, under a lock of a moment."""
    for index in reversed(indexes):
        op.execute(f"DROP INDEX {index.name}")


def _make_by_partitions(connection: Connection, index: NewIndex) -> None:
    _run(
        connection, f"CREATE INDEX IF NOT EXISTS {index.name} ON ONLY {index.table}{index.columns}"
    )
    # Partitions that are new have it from their beginning.
    names = {"table": index.table, "name": index.name}
    for partition in connection.execute(_WITHOUT, names).scalars().all():
        part = NewIndex(f"{partition}_{index.name}", partition, index.columns)
        _make(connection, part)
        _run(connection, f"ALTER INDEX {index.name} ATTACH PARTITION {part.name}")


def _make(connection: Connection, index: NewIndex) -> None:
    valid = _is_valid(connection, index.name)
    if valid:
        return
    with _patient(connection):
        if valid is not None:
            _run(connection, f"DROP INDEX CONCURRENTLY {index.name}")
        size = connection.execute(_SIZE, {"table": index.table}).scalar() or 0
        if size >= _SMALL:
            _run(
                connection,
                f"CREATE INDEX CONCURRENTLY {index.name} ON {index.table}{index.columns}",
            )
            return
    _run(connection, f"CREATE INDEX {index.name} ON {index.table}{index.columns}")


@contextmanager
def _patient(connection: Connection) -> Iterator[None]:
    before = connection.execute(text("SHOW lock_timeout")).scalar()
    _run(connection, f"SET lock_timeout = '{_PATIENCE}'")
    try:
        yield
    finally:
        if not connection.invalidated:
            _run(connection, f"SET lock_timeout = '{before}'")


def _is_valid(connection: Connection, name: str) -> bool | None:
    """None for an index that is not there."""
    found: bool | None = connection.execute(_IS_VALID, {"name": name}).scalar()
    return found


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
