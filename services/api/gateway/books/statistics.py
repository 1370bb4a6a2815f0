"""How many books there are, and descriptions in them."""

from typing import Any, LiteralString

from psycopg import Connection

_NUMBERS: LiteralString = """
SELECT (SELECT count(*) FROM books), (SELECT count(*) FROM book_descriptions)
"""


def book_numbers(connection: Connection[Any]) -> dict[str, int]:
    """As the report on the system names them."""
    ((books, descriptions),) = connection.execute(_NUMBERS).fetchall()
    return {"books_total": books, "descriptions_total": descriptions}
