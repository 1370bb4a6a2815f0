"""The rows behind Idempotency-Key.

A row is committed before the request does anything, with the id of what it will make. A request
that is sent again, also after a crash in the middle, therefore makes the same thing, or finds it
made. While a request is being answered its row is locked, so that the same one waits.

The rows are written without waiting for the disk: what the request makes is written later, and
what is later on the disk implies what is earlier.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID
from weakref import WeakValueDictionary

import orjson
import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from gateway.authentication import Caller
from gateway.config import GatewaySettings
from gateway.customers.holding import hold_key_beside
from gateway.database import Pool
from gateway.problems import KeyReused, RequestInProgress
from warren.contracts.ids import new_id

#: Requests with keys that one process answers at a time; each holds a connection.
_CONNECTIONS = 16
_LOCK_TIMEOUT = 10
#: Seconds; well below the server's patience with transactions that do nothing.
_BEAT = 15.0
_OPTIONS = (
    f"-c lock_timeout={_LOCK_TIMEOUT}s -c synchronous_commit=off"
    " -c idle_in_transaction_session_timeout=60s"
)

# A key that has outlived its day stands for a new request.
_CLAIM = """
WITH held AS (SELECT FROM api_keys WHERE id = %s FOR KEY SHARE)
INSERT INTO idempotency_keys (customer_id, key, request_sha256, made_id)
SELECT %s::uuid, %s, %s::bytea, %s::uuid FROM held
ON CONFLICT (customer_id, key) DO UPDATE SET request_sha256 = excluded.request_sha256,
    made_id = excluded.made_id, status = NULL, headers = NULL, body = NULL, created_at = now()
WHERE idempotency_keys.created_at < now() - interval '24 hours'
"""
_LOCK = """
SELECT request_sha256, made_id, status, headers, body FROM idempotency_keys
WHERE customer_id = %s AND key = %s FOR UPDATE
"""
_STORE = """
UPDATE idempotency_keys SET status = %s, headers = %s::jsonb, body = %s
WHERE customer_id = %s AND key = %s
"""
_SET_FINGERPRINT = """
UPDATE idempotency_keys SET request_sha256 = %s WHERE customer_id = %s AND key = %s
"""
#: Of a key whose request made nothing: any request may have it, and the id that is unused.
_FREE = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent."""

    status: int
    headers: dict[str, str]
    body: bytes


class KeyedRequest:
    """A request whose row this process has locked; `answer` is the one it was given before."""

    def __init__(
        self, connection: AsyncConnection[DictRow], name: tuple[UUID, str], row: DictRow
    ) -> None:
        self._connection = connection
        self._name = name
        self.made_id: UUID = row["made_id"]
        self.answer: Answer | None = None
        if row["status"] is not None:
            self.answer = Answer(row["status"], row["headers"], bytes(row["body"]))

    async def store(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Keep the answer for whoever sends the request again."""
        encoded = orjson.dumps(dict(headers)).decode()
        await self._connection.execute(_STORE, [status, encoded, body, *self._name])

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Within the block the server does not take the lock for that of a frozen process."""
        over = asyncio.Event()
        beating = asyncio.create_task(self._beat_until(over))
        try:
            yield
        finally:
            over.set()
            await beating

    async def _beat_until(self, over: asyncio.Event) -> None:
        while not over.is_set():
            try:
                async with asyncio.timeout(_BEAT):
                    await over.wait()
            except TimeoutError:
                await self._connection.execute("SELECT 1")

    async def release(self) -> None:
        """The request made nothing: its key is free again, also for a corrected request."""
        await self._connection.execute(_SET_FINGERPRINT, [_FREE, *self._name])


class KeyedRequests:
    """Claims keys of customers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        # Of many that wait for one key, only the first of this process holds a connection.
        self._turns: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def claim(
        self, caller: Caller, key: str, fingerprint: bytes
    ) -> AsyncIterator[KeyedRequest]:
        """Wait for one's turn, and hold the key within the block.

        Raises KeyReused if the key stands for a request with another `fingerprint`,
        RequestInProgress if the turn does not come, and KeyGone for a caller that was erased.
        """
        name = (caller.customer_id, key)
        turn = self._turns.setdefault(name, asyncio.Lock())
        try:
            async with asyncio.timeout(_LOCK_TIMEOUT):
                await turn.acquire()
        except TimeoutError as error:
            raise _in_progress() from error
        try:
            async with self._pool.connection() as connection:
                await _commit_claim(connection, caller, key, fingerprint)
                async with connection.transaction():
                    yield KeyedRequest(
                        connection, name, await _locked(connection, name, fingerprint)
                    )
        finally:
            turn.release()


async def _commit_claim(
    connection: AsyncConnection[DictRow], caller: Caller, key: str, fingerprint: bytes
) -> None:
    values = [caller.key_id, caller.customer_id, key, fingerprint, new_id()]
    try:
        claimed = await connection.execute(_CLAIM, values)
        if not claimed.rowcount:
            # Either it was claimed before, or the caller is gone.
            await hold_key_beside(connection, caller)
    except psycopg.errors.LockNotAvailable as error:
        raise _in_progress() from error


async def _locked(
    connection: AsyncConnection[DictRow], name: tuple[UUID, str], fingerprint: bytes
) -> DictRow:
    try:
        row = await (await connection.execute(_LOCK, name)).fetchone()
    except psycopg.errors.LockNotAvailable as error:
        raise _in_progress() from error
    if row is None:
        raise _in_progress()
    known = bytes(row["request_sha256"])
    if known == _FREE:
        await connection.execute(_SET_FINGERPRINT, [fingerprint, *name])
    elif known != fingerprint:
        raise KeyReused.at(
            "idempotency-key", "was sent with another request before; take a new one"
        )
    return row


def key_pool(settings: GatewaySettings) -> Pool:
    """A closed pool for keys only, so that who holds a key never waits for who waits for it."""
    return AsyncConnectionPool(
        settings.database_url,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": 5,
            "application_name": "warren-gateway-keys",
            "options": _OPTIONS,
            "tcp_user_timeout": 10_000,
        },
        min_size=0,
        max_size=_CONNECTIONS,
        timeout=settings.database_timeout,
        reconnect_timeout=1.0,
        check=AsyncConnectionPool.check_connection,
        open=False,
        name="gateway-keys",
    )


def _in_progress() -> RequestInProgress:
    return RequestInProgress(
        "the request with this Idempotency-Key is still being answered; ask again in a moment",
        headers={"Retry-After": "1"},
    )
