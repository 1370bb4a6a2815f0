"""Transactions of the HTTP side after an outage of the database."""

import asyncio
from collections.abc import Sequence
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.config import GatewaySettings
from gateway.database import connection_pool
from gateway.tasks.acceptance import NewTask
from gateway.tasks.beside import write_with_tasks
from gateway.transactions import Transactions
from tests.chaos.proxy import Proxy, ProxyLoop
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres


def test_places_in_the_pool_are_free_again_soon_after_an_outage_and_not_minutes_later(
    database_url: str,
) -> None:
    with ProxyLoop() as loop:
        parts = urlsplit(database_url)
        proxy = Proxy(loop, lambda: parts.port or 0)
        user = parts.netloc.rpartition("@")[0]
        wired = urlunsplit(parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}"))
        transactions = Transactions(
            GatewaySettings(database_url=wired, amqp_url="amqp://nobody", database_timeout=0.5)
        )
        with closing(_Closing(transactions)):
            proxy.cut()
            with pytest.raises(psycopg.OperationalError):
                asyncio.run(transactions.run(_one))

            # As long as a place is taken by a connection to come, it waits longer and longer.
            eventually(lambda: transactions._pool.get_stats()["pool_size"] == 0, within=15)
            proxy.calm()

            assert asyncio.run(transactions.run(_one)) == 1
        proxy.close()


def test_a_gateway_that_freezes_within_a_transaction_keeps_no_lock_for_good(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a limit that a test can wait for
    monkeypatch.setattr("gateway.transactions.IDLE_IN_TRANSACTION", 0.2)
    transactions = Transactions(GatewaySettings(database_url=database_url))
    with closing(_Closing(transactions)), psycopg.connect(database_url) as other:
        # When somebody stops amid a transaction, until nobody waits for its lock any more
        def freeze(connection: psycopg.Connection) -> None:
            connection.execute("LOCK TABLE outbox")
            other.execute("SET lock_timeout = '5s'")
            other.execute("LOCK TABLE outbox")
            _one(connection)

        # Then nothing of it is written
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            asyncio.run(transactions.run(freeze))


def test_what_was_to_be_written_when_the_gateway_froze_is_written_when_it_goes_on(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.database.IDLE_IN_TRANSACTION", 0.2)
    sessions: list[int] = []

    async def change(connection: AsyncConnection[DictRow]) -> tuple[str, Sequence[NewTask]]:
        sessions.append(connection.info.backend_pid)
        await connection.execute("SELECT 1")
        if len(sessions) == 1:
            # Nothing of this process goes on meanwhile, as the loop does not
            eventually(lambda: not _is_there(other, sessions[0]), within=10)
        await connection.execute("SELECT 1")
        return "written", ()

    async def write() -> str:
        async with connection_pool(GatewaySettings(database_url=database_url)) as pool:
            return await write_with_tasks(pool, change)

    with psycopg.connect(database_url, autocommit=True) as other:
        assert asyncio.run(write()) == "written"
    assert len(set(sessions)) == 2


def _is_there(connection: psycopg.Connection, session: int) -> bool:
    found = connection.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [session])
    return found.rowcount > 0


class _Closing:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    def close(self) -> None:
        asyncio.run(self._transactions.close())


def _one(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT 1").fetchone()
    return int(row[0]) if row else 0
