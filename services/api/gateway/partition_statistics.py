"""Statistics of young weeks: statements are planned anew when a partition has grown.

Whoever planned a statement while a week was empty reads all of its partition later, or all of an
index, until PostgreSQL analyses it of itself, a minute or more after the week has begun.
"""

from typing import Any, LiteralString

from psycopg import Connection, sql

# Below 64 pages of 8 KiB any plan will do; of those that have had 4,096 PostgreSQL knows enough.
_GROWN: LiteralString = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent IN ('tasks'::regclass, 'task_history'::regclass, 'audit_writes'::regclass)
    AND c.relkind = 'r' AND c.relpages < 4096
    AND pg_relation_size(c.oid) / 8192 > greatest(64, 8 * c.relpages)
"""
_ANALYZE = sql.SQL("ANALYZE (SKIP_LOCKED) {}")


def analyze_grown(connection: Connection[Any]) -> list[str]:
    """Analyse partitions that are eight times as large as when that was done before.

    On an autocommit connection. Returns their names; nobody waits for it.
    """
    grown = [row[0] for row in connection.execute(_GROWN).fetchall()]
    for partition in grown:
        connection.execute(_ANALYZE.format(sql.Identifier(partition)))
    return grown
