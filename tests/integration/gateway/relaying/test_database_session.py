"""The connection of a background process."""

import psycopg
import pytest

from gateway.database_session import DatabaseSession

pytestmark = pytest.mark.postgres


def test_a_frozen_process_cannot_hold_its_rows_for_ever(database_url: str) -> None:
    session = DatabaseSession(database_url, name="test")

    limit = session.connection().execute("SHOW idle_in_transaction_session_timeout").fetchone()

    session.close()
    assert limit == ("30s",)


def test_a_lost_connection_is_made_again(database_url: str) -> None:
    session = DatabaseSession(database_url, name="test")
    first = session.connection()
    with pytest.raises(psycopg.OperationalError):
        first.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    second = session.connection()

    assert second is not first
    assert second.execute("SELECT 1").fetchone() == (1,)
    session.close()
