"""Reads what is left of customers who were erased, in whatever table there is."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.chaos.evidence.kept import Erased
from tests.chaos.evidence.logs import read_requests
from tests.chaos.journal import read_journal
from tests.chaos.plan import ChaosFolder

#: That she was erased is remembered, and by whom, and for some while what she did.
_REMEMBERS = frozenset({"audit_entries", "audit_writes"})
_COLUMNS = """
SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.atttypid = 'uuid'::regtype AND a.attnum > 0 AND NOT a.attisdropped
"""
_COUNT = "SELECT count(*) FROM {} WHERE {} = ANY (%s::uuid[])"


def erased_customers(path: Path) -> frozenset[str]:
    """Those whom the clients' log says to be erased."""
    return frozenset(line["customer"] for line in read_journal(path) if line["event"] == "erasing")


def read_erased(folder: ChaosFolder, database_url: str) -> list[Erased]:
    """All rows, in columns of any name, that hold her id, or that of a task that she was told."""
    tasks = [r.task for r in read_requests(folder.left_log) if r.task is not None]
    with psycopg.connect(database_url, connect_timeout=10) as connection:
        return [
            Erased(customer, dict(_rows(connection, [customer, *tasks])))
            for customer in sorted(erased_customers(folder.client_log))
        ]


def _rows(connection: psycopg.Connection[Any], ids: list[str]) -> Iterator[tuple[str, int]]:
    for table, column in connection.execute(_COLUMNS).fetchall():
        query = sql.SQL(_COUNT).format(sql.Identifier(table), sql.Identifier(column))
        ((count,),) = connection.execute(query, [ids]).fetchall()
        if count and table not in _REMEMBERS:
            yield f"{table}.{column}", count
