"""What the gateway needs, and whether it is there."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg

from gateway.config import GatewaySettings
from gateway.database import Pool, newest_revision

_PATIENCE = 1.0
#: Each look at the broker is a connection that it may log.
_BROKER_REMEMBERED = 5.0


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the gateway uses: `required` ones must be there to accept tasks."""

    name: str
    required: bool
    problem: str | None = None


class Readiness:
    """Asks the database each time, and the broker at most every few seconds.

    Of the broker only whether it listens: the gateway never publishes, so a broker that refuses
    messages (out of disk or memory) is "ok" here, and shows as a growing backlog.
    """

    def __init__(self, pool: Pool, settings: GatewaySettings) -> None:
        self._pool = pool
        self._broker = urlsplit(settings.amqp_url)
        self._broker_checked = float("-inf")
        self._broker_problem: str | None = None
        self._revision = newest_revision()

    async def checks(self) -> list[Check]:
        """All checks; never raises, and takes little more than a second."""
        database, broker = await asyncio.gather(self._database(), self._broker_state())
        return [Check("database", True, database), Check("broker", False, broker)]

    async def _database(self) -> str | None:
        try:
            async with asyncio.timeout(_PATIENCE), self._pool.connection() as connection:
                cursor = await connection.execute("SELECT version_num FROM alembic_version")
                row = await cursor.fetchone()
        except psycopg.errors.UndefinedTable:
            row = None
        except (psycopg.Error, TimeoutError):
            return "PostgreSQL does not answer"
        if row is None or row["version_num"] != self._revision:
            return "the schema is not up to date: run `warren migrate`"
        return None

    async def _broker_state(self) -> str | None:
        if time.monotonic() - self._broker_checked > _BROKER_REMEMBERED:
            self._broker_problem = await self._ask_broker()
            self._broker_checked = time.monotonic()
        return self._broker_problem

    async def _ask_broker(self) -> str | None:
        host, port = self._broker.hostname or "127.0.0.1", self._broker.port or 5672
        try:
            async with asyncio.timeout(_PATIENCE):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError):
            return (
                f"RabbitMQ does not answer at {host}:{port}; tasks are accepted and will run later"
            )
        writer.close()
        return None
