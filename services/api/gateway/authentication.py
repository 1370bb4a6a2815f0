"""Who is calling: from the API key of a request to a `Caller`."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import psycopg
import structlog
from starlette.requests import Request

from gateway.customers.keys import PresentedKey, Scope, parse_key
from gateway.database import Pool
from gateway.problems import DatabaseUnavailable, ScopeMissing, Unauthenticated
from warren.observability.caches import cache_numbers

CACHE_SECONDS = 5.0
#: Where a request's scope has its caller, once it was recognised.
CALLER = "warren.caller"
_CACHE_ENTRIES = 10_000
#: Keys that were not taken a moment ago are looked up so many at a time: whoever makes them up gets
#: no more than this of the connections that callers need.
_STRANGERS = 2
#: So many others wait for that, and for so many seconds: after a start all keys are strangers'.
_MOST_WAITING = 1_000
_PATIENCE = 5.0
_log = structlog.get_logger(__name__)

_FIND_KEY = """
SELECT api_keys.id, prefix, secret_hash, scopes, expires_at, customer_id, plan, waiting_limit,
       requests_per_minute, tasks_per_day,
       coalesce(last_used_at < now() - interval '1 minute', true) AS note_use
FROM api_keys JOIN customers ON customers.id = customer_id
WHERE prefix = %s AND revoked_at IS NULL
"""
_NOTE_USE = "UPDATE api_keys SET last_used_at = now() WHERE id = %s"
_HOW = "send it as `Authorization: Bearer wk_…` or `X-API-Key: wk_…`"


@dataclass(frozen=True, slots=True)
class Caller:
    """The customer behind a key, and what that key may do."""

    customer_id: UUID
    plan: str
    actor: str
    scopes: frozenset[str]
    expires_at: datetime | None = None
    #: Tasks that may wait to be published; None: as many as the gateway's setting says.
    waiting_limit: int | None = None
    #: None for whoever comes without a key, such as a schedule.
    key_id: UUID | None = None
    #: Limits of the key's own; None: those of the plan.
    requests_per_minute: int | None = None
    tasks_per_day: int | None = None
    #: Not a customer, but the system itself: also what is internal exists for it.
    is_system: bool = False

    @property
    def is_premium(self) -> bool:
        """Whether the plan includes the critical lane."""
        return self.plan == "premium"

    @property
    def is_operator(self) -> bool:
        """Whether the key may see what belongs to nobody in particular."""
        return Scope.OPERATE in self.scopes

    def require(self, *scopes: Scope) -> None:
        """Raise ScopeMissing unless the key has one of `scopes`."""
        if self.scopes.isdisjoint(scopes):
            names = " or ".join(scope.value for scope in scopes)
            raise ScopeMissing(f"this needs the scope {names}", scope=names)


class RequestLimits(Protocol):
    """Counts requests."""

    async def count_request(self, caller: Caller) -> None:
        """One more; raises the Problem that says why it is one too many."""
        ...


class Authenticator:
    """Finds callers by their keys; remembers each for CACHE_SECONDS, and no longer."""

    def __init__(
        self, pool: Pool, limits: RequestLimits, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._pool = pool
        self._limits = limits
        self._clock = clock
        self._remembered: dict[tuple[str, bytes], tuple[float, Caller]] = {}
        self._looking: dict[tuple[str, bytes], asyncio.Task[Caller]] = {}
        self._for_strangers = asyncio.Semaphore(_STRANGERS)
        self._waiting = 0

    async def caller(self, request: Request) -> Caller:
        """The caller of `request`, which counts once however often it is asked for.

        Raises Unauthenticated, QuotaUsedUp, OperationalError without database, or
        DatabaseUnavailable while too many keys that were not seen before are looked up.
        """
        known: Caller | None = request.scope.get(CALLER)
        if known is not None:
            return known
        caller = request.scope[CALLER] = await self._recognised(_presented(request))
        await self._limits.count_request(caller)
        return caller

    async def still_recognises(self, request: Request) -> bool:
        """Whether the key of a request that goes on would be taken again; not counted."""
        try:
            await self._recognised(_presented(request))
        except Unauthenticated:
            return False
        except (psycopg.OperationalError, DatabaseUnavailable) as error:
            _log.debug("key_not_looked_up", error=str(error))
        return True

    async def _recognised(self, key: PresentedKey) -> Caller:
        name = (key.prefix, key.secret_hash)
        until, caller = self._remembered.get(name, (0.0, None))
        found = caller is not None and until >= self._clock()
        cache_numbers().looked("api_keys", hits=found, misses=not found)
        if caller is None or not found:
            caller = await self._look_up_once(name, key)
        if caller.expires_at is not None and caller.expires_at <= datetime.now(UTC):
            raise Unauthenticated("the API key has expired; ask for a new one")
        return caller

    async def _look_up_once(self, name: tuple[str, bytes], key: PresentedKey) -> Caller:
        """One query however many requests wait for it."""
        looking = self._looking.get(name)
        if looking is None:
            looking = self._looking[name] = asyncio.create_task(self._look_up(name, key))
            looking.add_done_callback(lambda _: self._looking.pop(name, None))
        return await asyncio.shield(looking)

    async def _look_up(self, name: tuple[str, bytes], key: PresentedKey) -> Caller:
        try:
            async with nullcontext() if name in self._remembered else self._turn():
                return await self._find(name, key)
        except Unauthenticated:
            self._remembered.pop(name, None)
            raise

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self._waiting >= _MOST_WAITING:
            raise _too_many()
        self._waiting += 1
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._for_strangers.acquire()
        except TimeoutError as error:
            raise _too_many() from error
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._for_strangers.release()

    async def _find(self, name: tuple[str, bytes], key: PresentedKey) -> Caller:
        asked = self._clock()
        async with self._pool.connection() as connection:
            row = await (await connection.execute(_FIND_KEY, [key.prefix])).fetchone()
            if row is None or not key.matches(row["secret_hash"]):
                raise Unauthenticated("the API key is unknown or has been revoked")
            if row["note_use"]:
                await connection.execute(_NOTE_USE, [row["id"]])
        caller = Caller(
            customer_id=row["customer_id"],
            plan=row["plan"],
            actor=f"key:{row['prefix']}",
            scopes=frozenset(row["scopes"]),
            expires_at=row["expires_at"],
            waiting_limit=row["waiting_limit"],
            key_id=row["id"],
            requests_per_minute=row["requests_per_minute"],
            tasks_per_day=row["tasks_per_day"],
        )
        self._remembered.pop(name, None)
        if len(self._remembered) >= _CACHE_ENTRIES:
            # Whoever was looked up longest ago is a stranger again, and nobody else.
            del self._remembered[next(iter(self._remembered))]
        self._remembered[name] = (asked + CACHE_SECONDS, caller)
        return caller


def requires(*scopes: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """A FastAPI dependency: the request's caller, who must have one of `scopes`."""

    async def authorised(request: Request) -> Caller:
        authenticator: Authenticator = request.app.state.gateway.authenticator
        caller = await authenticator.caller(request)
        caller.require(*scopes)
        return caller

    return authorised


def _too_many() -> DatabaseUnavailable:
    return DatabaseUnavailable("too many API keys are looked up at once; try again in a moment")


def _presented(request: Request) -> PresentedKey:
    text = request.headers.get("x-api-key", "")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        text = token
    if not text:
        raise Unauthenticated(f"an API key is required: {_HOW}")
    key = parse_key(text.strip())
    if key is None:
        raise Unauthenticated(f"that is not an API key: {_HOW}")
    return key
