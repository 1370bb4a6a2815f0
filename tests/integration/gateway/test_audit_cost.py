"""What the audit is asked for costs the same however many entries others have left."""

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from gateway.auditing.queries import LAST, AuditFilter, page_statement

pytestmark = pytest.mark.postgres
# A week that is made after the migrations; its first entries are those that are rare.
_FILL: LiteralString = """
CREATE TABLE audit_writes_20240101 PARTITION OF audit_writes
    FOR VALUES FROM ('2024-01-01Z') TO ('2024-01-08Z');
INSERT INTO audit_writes (at, actor, action, target, details)
SELECT '2024-01-01Z'::timestamptz + n * interval '1 s', 'key:a',
    CASE WHEN n <= 3 THEN 'webhook.pinged' ELSE 'catalogue.item_written' END, 'product:' || n, '{}'
FROM generate_series(1, 30000) AS n;
ANALYZE audit_writes
"""


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> Iterator[psycopg.Connection]:
    """A database with many single writes, of whose statistics the planner knows."""
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute(_FILL)
        yield connection


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"action": "webhook.pinged"}, 3),
        ({"action": "webhook"}, 3),
        ({"action": "webhook", "target": "product:2"}, 1),
        ({"action": "webhook", "target": "product:4"}, 0),
        ({"action": "faq.deleted"}, 0),
        ({"action": "catalogue"}, 51),
        ({}, 51),
    ],
    ids=str,
)
def test_what_is_rare_and_old_is_not_looked_for_among_all(
    filled: psycopg.Connection, chosen: dict[str, Any], found: int
) -> None:
    query, values = page_statement(AuditFilter(**chosen), below=LAST, limit=51)

    explained = filled.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", values)
    (((answer,),),) = explained.fetchall()

    plan = answer["Plan"]
    pages = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    assert plan["Actual Rows"] == found
    # Of an index of each week a few for each action; a page has some hundred entries
    assert pages < 600, f"{pages} pages: {plan}"
