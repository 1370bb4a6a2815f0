"""The migrations that make the database's schema.

Apart from `gateway.database`, because importing alembic and SQLAlchemy takes as long as starting
the rest of the gateway.
"""

import time
from pathlib import Path
from threading import Event

import structlog
from alembic import command
from alembic.config import Config
from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError, PendingRollbackError
from sqlalchemy.pool import NullPool

from gateway.database import ENSURE_PARTITIONS
from warren.errors import WarrenError

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x57415252454E  # "WARREN": one migration at a time
_CONNECT_TIMEOUT = 5
#: Seconds. Whoever reads or writes a table waits behind a change of it that waits: better again
#: and again, with pauses in which they get on, than long.
_LOCK_TIMEOUT = 2
_PAUSE = 2.0
#: Seconds after which it is looked whether another migration is done.
_TURN = 0.2
_PATIENCE = 120.0
#: Seconds for another migration, which may make indexes of large tables.
_TURN_PATIENCE = 3600.0
_HOLDER = """
SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint << 32 | objid::bigint = :key
"""
_log = structlog.get_logger(__name__)


class TablesInUse(WarrenError):
    """A table that is to be changed is read or written all the time."""


class MigrationUnderWay(WarrenError):
    """Another process migrates the same database, and does not end."""


def migrate(
    url: str,
    revision: str = "head",
    *,
    patience: float = _PATIENCE,
    turn_patience: float = _TURN_PATIENCE,
) -> None:
    """Bring the schema up to `revision` and make the partitions of the coming weeks.

    Safe to run from several processes at once, and again at any time. Raises
    sqlalchemy.exc.OperationalError when the database cannot be reached, MigrationUnderWay
    after `turn_patience` seconds behind another one, TablesInUse after `patience` seconds; what was
    done before stays so.
    """
    engine = create_engine(
        sqlalchemy_url(url), poolclass=NullPool, connect_args={"connect_timeout": _CONNECT_TIMEOUT}
    )
    with engine.connect() as connection:
        _wait_for_turn(connection, turn_patience)
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}s'"))
        connection.commit()
        deadline = time.monotonic() + patience
        while not _is_upgraded(connection, revision):
            if time.monotonic() >= deadline:
                raise TablesInUse(
                    f"a table that a migration changes was in use for {patience:.0f} s; what was "
                    "migrated before that stays so. pg_stat_activity shows the oldest "
                    "transactions (a backup, a report, a forgotten session): wait for them, or "
                    "end them, and run `warren migrate` again"
                )
            _log.warning("migration_waits", reason="a table is in use", again_in=_PAUSE)
            Event().wait(_PAUSE)


def _wait_for_turn(connection: Connection, patience: float) -> None:
    """Asked for again and again: an index that is made concurrently waits for all statements that
    began before it is done, also for one that waits for the migration's end."""
    lock = text("SELECT pg_try_advisory_lock(:key)")
    deadline, is_told = time.monotonic() + patience, False
    while not connection.execute(lock, {"key": _MIGRATION_LOCK}).scalar():
        holder = connection.execute(text(_HOLDER), {"key": _MIGRATION_LOCK}).scalar()
        connection.commit()
        if time.monotonic() >= deadline:
            raise MigrationUnderWay(
                f"another process migrates this database, and has not ended in {patience:.0f} s:"
                f" the server's process {holder}. pg_stat_activity shows what it does: let it"
                " finish, or if nobody needs it any more end it with pg_terminate_backend, and run"
                " `warren migrate` again, which goes on where it was"
            )
        if not is_told:
            is_told = True
            _log.warning(
                "migration_waits", reason="another process migrates the database", holder_pid=holder
            )
        Event().wait(_TURN)


def _is_upgraded(connection: Connection, revision: str) -> bool:
    """False if another transaction has held a table for too long."""
    try:
        command.upgrade(_alembic_config(connection), revision)
        connection.execute(text(ENSURE_PARTITIONS))
    except OperationalError as error:
        connection.rollback()
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return False
    except PendingRollbackError as error:
        # The end of an autocommit block says no more than that there is no connection.
        lost = error.__context__
        raise (lost if isinstance(lost, OperationalError) else error) from None
    connection.commit()
    return True


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
