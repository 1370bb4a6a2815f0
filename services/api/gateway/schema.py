"""The migrations that make the database's schema.

Apart from `gateway.database`, because importing alembic and SQLAlchemy takes as long as starting
the rest of the gateway.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from gateway.database import ENSURE_PARTITIONS

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x57415252454E  # "WARREN": one migration at a time
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
        connection.execute(text(ENSURE_PARTITIONS))
        connection.commit()


def sqlalchemy_url(url: str) -> str:
    """The same address for SQLAlchemy, which has to be told that the driver is psycopg 3."""
    _, separator, rest = url.partition("://")
    return f"postgresql+psycopg{separator}{rest}"


def _alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", _script_location())
    config.attributes["connection"] = connection
    return config


def _script_location() -> str:
    # A literal % would be read as the start of an interpolation.
    return str(_MIGRATIONS).replace("%", "%%")
