"""Connections to PostgreSQL, and the migrations that make its schema.

Statements are plain SQL through psycopg; the SQLModel classes in each domain's models.py describe
the tables, and a test asserts that they and the migrations agree.
"""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gateway.config import GatewaySettings
from warren.errors import ConfigurationError

Pool = AsyncConnectionPool[AsyncConnection[DictRow]]

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x57415252454E  # "WARREN": one migration at a time
_WEEKS_AHEAD = 12
_CONNECT_TIMEOUT = 5


def migrate(url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision` and make the partitions of the coming weeks.

    Safe to run from several processes at once, and again at any time. Raises
    sqlalchemy.exc.OperationalError when the database cannot be reached.
    """
    engine = create_engine(
        sqlalchemy_url(url), poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_TIMEOUT}
    )
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        connection.commit()
        command.upgrade(_alembic_config(connection), revision)
        connection.execute(text("CALL ensure_partitions(:weeks)"), {"weeks": _WEEKS_AHEAD})
        connection.commit()


def open_connection(settings: GatewaySettings) -> psycopg.Connection:
    """An autocommit connection for a command; raises ConfigurationError when there is none."""
    try:
        return psycopg.connect(
            settings.database_url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT
        )
    except psycopg.OperationalError as error:
        raise ConfigurationError(
            f"the database that WARREN_DATABASE_URL names does not answer: {error}"
        ) from error


def newest_revision() -> str | None:
    """The revision that this release of the gateway needs."""
    config = Config()
    config.set_main_option("script_location", _script_location())
    return ScriptDirectory.from_config(config).get_current_head()


def sqlalchemy_url(url: str) -> str:
    """The same address for SQLAlchemy, which has to be told that the driver is psycopg 3."""
    _, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}"


def connection_pool(settings: GatewaySettings) -> Pool:
    """A closed pool of autocommit connections whose rows are dicts; its caller opens and closes it.

    A connection that cannot be had within `database_timeout` raises psycopg_pool.PoolTimeout.
    """
    milliseconds = int(settings.statement_timeout * 1000)
    return AsyncConnectionPool(
        settings.database_url,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": _CONNECT_TIMEOUT,
            "application_name": "warren-gateway",
            "options": f"-c statement_timeout={milliseconds}",
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
        name="gateway",
    )


def _alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", _script_location())
    config.attributes["connection"] = connection
    return config


def _script_location() -> str:
    # A literal % would be read as the start of an interpolation.
    return str(_MIGRATIONS).replace("%", "%%")
