"""Transactions of the HTTP side that share their code with the background processes."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
import psycopg
from psycopg import Connection
from psycopg.types.json import set_json_loads
from psycopg_pool import ConnectionPool

from gateway.config import GatewaySettings
from gateway.database import IDLE_IN_TRANSACTION

T = TypeVar("T")

_CONNECT_TIMEOUT = 5
#: What steers and repairs is rare beside submissions and reads.
_CONNECTIONS = 4
#: Two transactions that met in the wrong order: the one that was given up is run again.
_TRIES = 5


class Transactions:
    """Runs blocking database work in threads, each on a connection of a small pool.

    Its owner calls `close`. Connections are made on first use. As everywhere in a gateway,
    transactions of a process that froze end after IDLE_IN_TRANSACTION, which frees their locks.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        timeouts = {
            "statement_timeout": int(settings.statement_timeout * 1000),
            "idle_in_transaction_session_timeout": int(IDLE_IN_TRANSACTION * 1000),
        }
        self._pool = ConnectionPool(
            settings.database_url,
            connection_class=Connection[Any],
            kwargs={
                "autocommit": True,
                "connect_timeout": _CONNECT_TIMEOUT,
                "application_name": "warren-gateway",
                "options": " ".join(f"-c {key}={value}" for key, value in timeouts.items()),
                "tcp_user_timeout": 10_000,
            },
            configure=_configure,
            check=ConnectionPool.check_connection,
            min_size=0,
            max_size=_CONNECTIONS,
            timeout=settings.database_timeout,
            # Else a place in the pool waits for minutes before it tries again after an outage.
            reconnect_timeout=1.0,
            open=False,
            name="gateway-transactions",
        )

    async def run(self, operation: Callable[[Connection[Any]], T]) -> T:
        """What `operation` returns, once everything it wrote is committed.

        `operation` is called again after a deadlock. Raises psycopg.OperationalError when the
        database cannot be reached, IdleInTransactionSessionTimeout when this process has stood
        still amid it, and whatever `operation` raises; nothing is written then.
        """
        for _ in range(_TRIES - 1):
            try:
                return await asyncio.to_thread(self._run, operation)
            except psycopg.errors.DeadlockDetected:
                continue
        return await asyncio.to_thread(self._run, operation)

    async def close(self) -> None:
        """Close the connections."""
        await asyncio.to_thread(self._pool.close)

    def _run(self, operation: Callable[[Connection[Any]], T]) -> T:
        self._pool.open()
        with self._pool.connection() as connection, connection.transaction():
            return operation(connection)


def _configure(connection: Connection[Any]) -> None:
    set_json_loads(orjson.loads, connection)
