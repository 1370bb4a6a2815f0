"""pytest fixtures: a fresh, migrated PostgreSQL database for each test.

One server a run, made when a test first needs it, or the server that WARREN_TEST_DATABASE_URL
names. The schema is migrated once into a template, which every test's database copies.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from warren.stack.postgres import PostgresServer
from warren.testing.servers import run_folder, shared_server

_ADDRESS_VARIABLE = "WARREN_TEST_DATABASE_URL"


def quick_postgres(folder: Path) -> PostgresServer:
    """A server that need not survive a power failure; a SIGKILL it does survive."""
    return PostgresServer(folder, settings={"fsync": "off", "full_page_writes": "off"})


@pytest.fixture(scope="session")
def postgres_server_url(pytestconfig: pytest.Config) -> str:
    """Where the run's server listens; tests want `database_url` instead."""
    external = os.environ.get(_ADDRESS_VARIABLE)
    return external or shared_server(pytestconfig, "postgres", quick_postgres)


@pytest.fixture(scope="session")
def migrate_database() -> Callable[[str], None]:
    """Makes the schema in the database at an address: none, unless a conftest.py says otherwise.

    The kit cannot know a service's migrations; whoever has some overrides this fixture.
    """
    return lambda database_url: None


@pytest.fixture(scope="session")
def migrated_template(
    pytestconfig: pytest.Config, postgres_server_url: str, migrate_database: Callable[[str], None]
) -> str:
    """The name of a database that holds the newest schema and nothing else."""
    run = hashlib.sha256(str(run_folder(pytestconfig)).encode()).hexdigest()[:12]
    template = f"warren_template_{run}"
    with psycopg.connect(postgres_server_url, autocommit=True, connect_timeout=10) as server:
        # The lock belongs to the connection: other test processes wait here until it is done.
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
        found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
        if found.fetchone() is None:
            _make_template(server, postgres_server_url, template, migrate_database)
    return template


@pytest.fixture
def database_url(postgres_server_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a migrated, empty database that belongs to this test alone."""
    with fresh_database(postgres_server_url, migrated_template) as url:
        yield url


@pytest.fixture
def own_postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """A durable server for one test that stops or kills it; not started yet.

    It lies in the run's folder, not in pytest's: every other run of pytest that starts takes away
    the right to pass through that one, which a server under another user needs.
    """
    folder = run_folder(pytestconfig) / f"postgres-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    # What `servers.py` reads to stop this server should the run be killed.
    (folder / "factory").write_text(f"{PostgresServer.__module__}:{PostgresServer.__qualname__}")
    server = PostgresServer(folder / "state")
    yield server
    server.kill()
    shutil.rmtree(folder)


@contextmanager
def fresh_database(server_url: str, template: str) -> Iterator[str]:
    """A copy of the template, for fixtures with a scope of their own; dropped at the end."""
    name = sql.Identifier(f"warren_test_{secrets.token_hex(6)}")
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, sql.Identifier(template))
    with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as server:
        server.execute(create)
    try:
        yield database_at(server_url, name.as_string().strip('"'))
    finally:
        with psycopg.connect(server_url, autocommit=True, connect_timeout=10) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def database_at(server_url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def _make_template(
    server: psycopg.Connection, server_url: str, template: str, migrate: Callable[[str], None]
) -> None:
    unfinished = f"{template}_unfinished"
    name = sql.Identifier(unfinished)
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    server.execute(sql.SQL("CREATE DATABASE {}").format(name))
    migrate(database_at(server_url, unfinished))
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(name, sql.Identifier(template)))
