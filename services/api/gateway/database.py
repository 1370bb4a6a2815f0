"""Connections to PostgreSQL.

Statements are plain SQL through psycopg; the SQLModel classes in each domain's models.py describe
the tables, and a test asserts that they and the migrations agree.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from gateway.config import GatewaySettings
from warren.errors import ConfigurationError

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]
Params = Sequence[Any] | Mapping[str, Any]

#: Makes what partitions are missing, in one transaction; otherwise see gateway/partitions.py.
ENSURE_PARTITIONS = "CALL ensure_partitions(12)"
_VERSIONS = Path(__file__).parent / "migrations" / "versions"
_CONNECT_TIMEOUT = 5
#: In seconds; a transaction of a request lasts milliseconds.
IDLE_IN_TRANSACTION = 10.0


async def rows_of(pool: Pool, query: LiteralString, values: Params | None = None) -> list[DictRow]:
    """All that a single query finds."""
    async with pool.connection() as connection:
        return await (await connection.execute(query, values)).fetchall()


async def row_of(pool: Pool, query: LiteralString, values: Params | None = None) -> DictRow | None:
    """The first that a single query finds."""
    async with pool.connection() as connection:
        return await (await connection.execute(query, values)).fetchone()


@contextmanager
def open_connection(settings: GatewaySettings) -> Iterator[psycopg.Connection]:
    """An autocommit connection for a command.

    Raises ConfigurationError when there is none, and when the tables are missing.
    """
    with _connect(settings) as connection:
        try:
            yield connection
        except psycopg.errors.UndefinedTable as error:
            raise ConfigurationError(
                "the database has not been set up yet: run `warren migrate`"
            ) from error


def _connect(settings: GatewaySettings) -> psycopg.Connection:
    try:
        return psycopg.connect(
            settings.database_url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT
        )
    except psycopg.OperationalError as error:
        raise ConfigurationError(
            f"the database that WARREN_DATABASE_URL names does not answer: {error}"
        ) from error
    except psycopg.ProgrammingError:
        # Its text repeats the URL, with the password.
        raise ConfigurationError("WARREN_DATABASE_URL: PostgreSQL does not understand it") from None


def newest_revision() -> str:
    """The revision that this release of the gateway needs: migrations are named by theirs."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*_*.py"))


def is_migrated(connection: psycopg.Connection) -> bool:
    """Whether the schema is that of this release."""
    try:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return False
    return row is not None and row[0] == newest_revision()


def connection_pool(settings: GatewaySettings, name: str = "gateway") -> Pool:
    """A closed pool of autocommit connections whose rows are dicts; its caller opens and closes it.

    Transactions of a process that froze end after IDLE_IN_TRANSACTION, which frees their locks.
    A connection that cannot be had within `database_timeout` raises psycopg_pool.PoolTimeout.
    """
    timeouts = {
        "statement_timeout": int(settings.statement_timeout * 1000),
        "idle_in_transaction_session_timeout": int(IDLE_IN_TRANSACTION * 1000),
    }
    return AsyncConnectionPool(
        settings.database_url,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": _CONNECT_TIMEOUT,
            "application_name": f"warren-{name}",
            "options": " ".join(f"-c {key}={value}" for key, value in timeouts.items()),
            # A server that vanished without a word is noticed before long.
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 2,
            "tcp_user_timeout": 10_000,
        },
        min_size=1,
        max_size=settings.database_connections,
        timeout=settings.database_timeout,
        # Reconnect attempts go on at least this often while the database is away.
        reconnect_timeout=1.0,
        # A connection that died while it was idle is replaced before a request gets it.
        check=AsyncConnectionPool.check_connection,
        open=False,
        name=name,
    )
