"""What is asked of all books reads a few pages, however many books there are."""

from typing import Any

import psycopg
import pytest

from gateway.books.queries import SPEED
from gateway.books.statistics import NUMBERS

pytestmark = pytest.mark.postgres

MANY = 100_000
# Of a thousand customers; of a hundred processed books one was in the mode that is asked for, and
# none of these lately. A few of them have descriptions.
_BOOKS = """
INSERT INTO books (id, customer_id, format, file_name, file_id, options, state, task_id, result,
    descriptions_found)
SELECT uuidv7(-interval '1 min' * n), lpad((n %% 1000)::text, 32, '0')::uuid, 'epub', 'b.epub',
    uuidv7(), jsonb_build_object('mode', CASE WHEN n %% 100 = 0 AND n > 10000 THEN 'SEQUENTIAL'
        ELSE 'ENSEMBLE' END),
    'processed', uuidv7(),
    jsonb_build_object('characters_analysed', 100000, 'processing_time_seconds', 20,
        'fallbacks', repeat('as long as a result may be ', 20)), 10
FROM generate_series(1, %(many)s) AS n
"""
_DESCRIPTIONS = """
INSERT INTO book_descriptions (id, book_id, customer_id, chapter, first_character, last_character,
    type, text, score, confidence, voters, details)
SELECT uuidv7(), id, customer_id, n, n, n + 9, 'location', repeat('a tower ', 30), 50, 0.5,
    '{spacy}', '{"context_before": "There was a tower, and it was as grey as the sky above it."}'
FROM (SELECT id, customer_id FROM books ORDER BY id LIMIT %(many)s / 10) AS b,
    generate_series(1, 10) AS n
"""


@pytest.fixture(scope="module")
def filled(module_database_url: str) -> str:
    """The address of a database with many books, of whose statistics the planner knows."""
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        for fill in (_BOOKS, _DESCRIPTIONS):
            connection.execute(fill, {"many": MANY})
        connection.execute("VACUUM ANALYZE books, book_descriptions")
    return module_database_url


def pages(url: str, query: Any, values: Any = None) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        explained = connection.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query, values
        ).fetchall()[0][0][0]
    plan = explained["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def test_the_speed_of_a_mode_is_that_of_its_last_books(filled: str) -> None:
    assert pages(filled, SPEED, ["SEQUENTIAL"]) < 100


def test_a_mode_that_nobody_uses_costs_no_look_through_all_books(filled: str) -> None:
    assert pages(filled, SPEED, ["ADAPTIVE"]) < 20


def test_descriptions_are_counted_without_reading_them(filled: str) -> None:
    with psycopg.connect(filled) as connection:
        ((books, descriptions),) = connection.execute(NUMBERS).fetchall()
        # Each of the books at once, and nothing else.
        ((size,),) = connection.execute("SELECT pg_relation_size('books') / 8192").fetchall()

    assert (books, descriptions) == (MANY, 10 * MANY)
    assert pages(filled, NUMBERS) <= size + 10
