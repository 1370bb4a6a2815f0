"""Where chaos runs of tests keep their state, and a database for runs that are made up."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from warren.testing.postgres import fresh_database
from warren.testing.servers import run_folder

_FILLED = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""


@pytest.fixture
def chaos_root(pytestconfig: pytest.Config) -> Iterator[Path]:
    """A folder of the test run's own.

    Not pytest's: each run of pytest that starts takes away the right to pass through those of
    earlier ones, and a database that is started again by another user needs it.
    """
    folder = run_folder(pytestconfig) / f"chaos-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def made_up_database_url(postgres_server_url: str, migrated_template: str) -> Iterator[str]:
    """One for all runs that are made up: they only fill its tables."""
    with fresh_database(postgres_server_url, migrated_template) as url:
        yield url


@pytest.fixture
def database_url(made_up_database_url: str) -> str:
    """The same, emptied: making a database takes longer than such a test."""
    with psycopg.connect(made_up_database_url, connect_timeout=10) as connection:
        filled = [sql.Identifier(name) for (name,) in connection.execute(_FILLED)]
        if filled:
            tables = sql.SQL(", ").join(filled)
            connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(tables))
    return made_up_database_url
