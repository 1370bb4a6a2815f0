"""How many books there are, and descriptions in them."""

from typing import Any, LiteralString

from psycopg import Connection

NUMBERS: LiteralString = """
SELECT count(*), coalesce(sum(descriptions_found), 0)::bigint FROM books
"""


def book_numbers(connection: Connection[Any]) -> dict[str, int]:
    """As the report on the system names them."""
    ((books, descriptions),) = connection.execute(NUMBERS).fetchall()
    return {"books_total": books, "descriptions_total": descriptions}
