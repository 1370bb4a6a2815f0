"""What the gateway needs, and whether it is there."""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import psycopg

from gateway.config import GatewaySettings
from gateway.database import Pool, newest_revision
from warren.contracts.kinds import LACKS_KEYWORD

_PATIENCE = 1.0
#: Writing reaches the disk: whoever asks without pause must not cost more than this.
_WRITE_REMEMBERED = 2.0
_LOOK = """
SELECT version_num, current_setting('transaction_read_only') AS read_only FROM alembic_version
"""
_LACKS = """
SELECT kind, definition -> 'payload_schema' -> %(keyword)s AS lacks FROM job_kinds
WHERE definition -> 'payload_schema' ? %(keyword)s ORDER BY kind
"""
# A record in the server's log of writes, flushed by the commit, that nobody reads. Nothing grows.
_WRITE = "SELECT pg_logical_emit_message(true, 'warren.readyz', '')"


class BrokerState(Protocol):
    """Who watches the broker."""

    def wait(self, timeout: float) -> None:
        """Wait until anything is known, `timeout` seconds at most."""
        ...

    @property
    def problem(self) -> str | None:
        """What keeps the broker from taking messages; None if nothing does."""
        ...

    @property
    def round_trip(self) -> float | None:
        """Seconds that it took to confirm the last message; None before the first."""
        ...


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the gateway uses: `required` ones must be there to accept tasks."""

    name: str
    required: bool
    problem: str | None = None


class Readiness:
    """Reads from the database each time and writes every few seconds; the broker is watched.

    A broker that is away or takes no messages does not make the gateway unready: tasks are
    accepted, and run later.
    """

    def __init__(self, pool: Pool, settings: GatewaySettings) -> None:
        self._pool = pool
        url = urlsplit(settings.amqp_url)
        self._broker_address = f"{url.hostname or '127.0.0.1'}:{url.port or 5672}"
        self._written_at = float("-inf")
        self._revision = newest_revision()

    async def checks(self, broker: BrokerState) -> list[Check]:
        """All checks; never raises, and takes little more than a second."""
        database, away, lacking = await asyncio.gather(
            self.database(), self.broker(broker), self._lacking()
        )
        return [Check("database", True, database), Check("broker", False, away), *lacking]

    async def database(self) -> str | None:
        """What keeps the database from being used; None if nothing does."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._ask_database()
        except psycopg.errors.UndefinedTable:
            return "the schema is not up to date: run `warren migrate`"
        except TimeoutError:
            return f"PostgreSQL has not answered, or not written, within {_PATIENCE:g} s"
        except psycopg.OperationalError:
            return "PostgreSQL does not answer"
        except psycopg.Error as error:
            return f"PostgreSQL answers, but cannot be used: {error}"

    async def _ask_database(self) -> str | None:
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_LOOK)).fetchone()
            if row is None or row["version_num"] != self._revision:
                return "the schema is not up to date: run `warren migrate`"
            if row["read_only"] == "on":
                return "PostgreSQL answers, but takes no writes: it is a standby, or read-only"
            if time.monotonic() - self._written_at > _WRITE_REMEMBERED:
                await connection.execute(_WRITE)
                self._written_at = time.monotonic()
        return None

    async def _lacking(self) -> list[Check]:
        """Kinds whose workers lack something and do without it; none while the database is away."""
        try:
            async with asyncio.timeout(_PATIENCE), self._pool.connection() as connection:
                found = await connection.execute(_LACKS, {"keyword": LACKS_KEYWORD})
                rows = await found.fetchall()
        except (psycopg.Error, TimeoutError):
            # The check of the database tells of that.
            return []
        return [
            Check(str(row["kind"]), False, "; ".join(map(str, row["lacks"] or ()))) for row in rows
        ]

    async def broker(self, broker: BrokerState) -> str | None:
        """What keeps the broker from taking messages; None if nothing does."""
        await asyncio.to_thread(broker.wait, _PATIENCE)
        if broker.problem is None:
            return None
        return (
            f"RabbitMQ at {self._broker_address}: {broker.problem}; tasks are accepted and will"
            " run later"
        )
