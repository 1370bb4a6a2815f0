"""The announced kinds, kept in memory and at most a second older than the table."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from gateway.aliases import why_unknown
from gateway.authentication import Caller
from gateway.database import Pool
from gateway.problems import UnknownKind
from warren.contracts.kinds import Audience, KindDefinition
from warren.contracts.payload_schema import PayloadSchema

STALE_AFTER = 1.0
_log = structlog.get_logger(__name__)

_FINGERPRINTS = "SELECT kind, version, md5(definition::text) AS fingerprint FROM job_kinds"
_DEFINITIONS = "SELECT kind, version, definition FROM job_kinds ORDER BY kind, version"


@dataclass(frozen=True, slots=True)
class CataloguedKind:
    """A kind in the newest version that was announced, with its compiled schema."""

    definition: KindDefinition
    schema: PayloadSchema

    def is_visible_to(self, caller: Caller) -> bool:
        """Whether the kind exists for `caller`."""
        if self.definition.audience is Audience.OPERATOR:
            return caller.is_operator
        return caller.is_system or self.definition.audience is Audience.PUBLIC


class Catalogue:
    """Finds kinds by name; looks into the table at most once in STALE_AFTER seconds."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._fresh_until = float("-inf")
        self._fingerprints: frozenset[tuple[str, int, str]] | None = None
        self._kinds: dict[str, CataloguedKind] = {}
        self._refreshing: asyncio.Task[None] | None = None

    async def find(self, kind: str, caller: Caller) -> CataloguedKind:
        """The kind named so; raises UnknownKind if it does not exist for `caller`."""
        await self._ensure_fresh()
        found = self._kinds.get(kind)
        if found is None or not found.is_visible_to(caller):
            raise UnknownKind.at("kind", why_unknown(kind))
        return found

    async def is_for_operators(self, kind: str) -> bool:
        """Whether only operators may have tasks of this kind run."""
        await self._ensure_fresh()
        found = self._kinds.get(kind)
        return found is not None and found.definition.audience is Audience.OPERATOR

    async def visible_to(self, caller: Caller) -> list[CataloguedKind]:
        """All kinds that exist for `caller`, by name."""
        await self._ensure_fresh()
        return [kind for _, kind in sorted(self._kinds.items()) if kind.is_visible_to(caller)]

    async def _ensure_fresh(self) -> None:
        if self._clock() < self._fresh_until:
            return
        if self._refreshing is None:
            # However many requests wait, the table is read once.
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._refreshed)
        await asyncio.shield(self._refreshing)

    def _refreshed(self, _: asyncio.Task[None]) -> None:
        self._refreshing = None

    async def _refresh(self) -> None:
        asked = self._clock()
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_FINGERPRINTS)).fetchall()
            seen = frozenset((row["kind"], row["version"], row["fingerprint"]) for row in rows)
            if seen != self._fingerprints:
                self._kinds = await _load(connection)
                self._fingerprints = seen
        self._fresh_until = asked + STALE_AFTER


async def _load(connection: AsyncConnection[DictRow]) -> dict[str, CataloguedKind]:
    kinds: dict[str, CataloguedKind] = {}
    for row in await (await connection.execute(_DEFINITIONS)).fetchall():
        try:
            definition = KindDefinition.model_validate(row["definition"])
            # Rows come in ascending order of version: the newest stays.
            kinds[definition.kind] = CataloguedKind(
                definition, PayloadSchema(definition.payload_schema)
            )
        except Exception as error:  # noqa: BLE001 - see below
            # One service's faulty announcement must not take the other kinds along.
            _log.error(
                "kind_not_usable", kind=row["kind"], version=row["version"], error=str(error)
            )
    return kinds
