"""What a statement gives, in a test that looks into a database."""

from typing import Any, TypeVar

from psycopg import Cursor

RowT = TypeVar("RowT", bound=Any)


def rows_of(cursor: Cursor[RowT]) -> list[RowT]:
    """Its rows; of `SELECT FROM …`, too, whose rows have no columns. None of what gives none."""
    return cursor.fetchall() if cursor.description is not None else []
