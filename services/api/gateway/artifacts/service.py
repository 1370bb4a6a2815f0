"""Keeping and giving back a customer's files."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Self, TypeVar
from uuid import UUID

import anyio
from anyio import from_thread, to_thread
from fastapi import Request

from gateway.artifacts.naming import UploadName
from gateway.artifacts.pace import Pace
from gateway.artifacts.places import UploadPlaces
from gateway.artifacts.recognising import Beginning
from gateway.auditing.changes import Action, Change, rows_of, told_if_done
from gateway.authentication import Caller
from gateway.config import GatewaySettings
from gateway.customers.holding import hold_key_beside
from gateway.database import Pool
from gateway.problems import (
    ArtifactGone,
    ArtifactNotFound,
    CorruptContent,
    TooLarge,
)
from warren.artifacts import ArtifactMissing, ArtifactStore, CorruptArtifact
from warren.artifacts.errors import ArtifactTooLarge
from warren.contracts.artifact import ArtifactRef
from warren.contracts.ids import new_id

MadeT = TypeVar("MadeT")

_INSERT = told_if_done("""
INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)
VALUES (%(id)s, %(customer_id)s, %(sha256)s, %(size)s, %(media_type)s, %(name)s)
ON CONFLICT (id) DO NOTHING RETURNING id
""")
#: As of everything else of an erased customer (gateway/housekeeping/cleaning/trashing.py).
_GOES_AT_ONCE = """
INSERT INTO discarded_contents (sha256, noted_at) SELECT unnest(%s::text[]), '-infinity'
ON CONFLICT (sha256) DO NOTHING
"""
_FIND = """
SELECT id, sha256, size, media_type, name FROM artifacts
WHERE id = %s AND (%s::uuid IS NULL OR customer_id = %s)
    AND (expires_at IS NULL OR expires_at > now())
"""
#: Answers that are made of the content of a file, megabytes of it perhaps.
_CONCURRENT_LOOKS = 2


@dataclass(frozen=True, slots=True)
class ArtifactService:
    """Files go through in pieces and are never held whole."""

    pool: Pool
    store: ArtifactStore
    settings: GatewaySettings
    places: UploadPlaces
    #: Uploads hold a thread each while their client sends; they must not take everybody else's.
    _upload_threads: anyio.CapacityLimiter
    _looking_threads: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(_CONCURRENT_LOOKS)
    )

    @classmethod
    def to(cls, pool: Pool, store: ArtifactStore, settings: GatewaySettings) -> Self:
        """As the settings say."""
        places = UploadPlaces(settings.uploads, settings.uploads_per_key)
        return cls(pool, store, settings, places, anyio.CapacityLimiter(settings.uploads))

    async def receive(
        self,
        request: Request,
        content: AsyncIterator[bytes],
        describe: Callable[[], UploadName],
        limit: int | None = None,
    ) -> ArtifactRef:
        """Store the content, which is nobody's yet; `describe` is asked when all is read.

        Its media type is kept unless the first bytes of the content contradict it, and always if
        it was recognised. `limit` in bytes, by default that of all uploads. Raises TooLarge,
        ClientTooSlow, TooManyUploads, NoUploadPlace, or what `content` raises at its end; then
        nothing of the upload is left behind.
        """
        most = limit or self.settings.max_artifact_bytes
        pace, beginning = Pace(self.settings), Beginning()

        def pieces() -> Iterator[bytes]:
            while piece := from_thread.run(pace.next, content):
                yield piece

        def put() -> ArtifactRef:
            stored = self.store.put(beginning.of(pieces()), max_size=most)
            described = describe()
            said = described.media_type
            return ArtifactRef(
                id=new_id(),
                sha256=stored.sha256,
                size=stored.size,
                media_type=said if described.recognised else beginning.kept_type(said),
                name=described.name,
            )

        try:
            async with self.places.taken(request):
                return await to_thread.run_sync(put, limiter=self._upload_threads)
        except ArtifactTooLarge as error:
            raise TooLarge(f"the file is larger than {most} bytes", limit_bytes=most) from error

    async def keep(self, caller: Caller, reference: ArtifactRef) -> None:
        """Make received content the caller's; the same reference twice is one artifact.

        Raises KeyGone for a customer that was erased while it sent.
        """
        details = {"size": reference.size, "media_type": reference.media_type}
        target, customer = str(reference.id), caller.customer_id
        told = Change(caller.actor, Action.ARTIFACT_UPLOADED, target, customer, details)
        row = {**reference.model_dump(), "customer_id": customer, "told": rows_of([told])}
        async with self.pool.connection() as connection, connection.transaction():
            await hold_key_beside(connection, caller, [reference.sha256])
            await connection.execute(_INSERT, row)

    async def let_go(self, contents: Collection[str]) -> None:
        """Note contents of an erased customer to go with the next cleaning, past the trash."""
        async with self.pool.connection() as connection:
            await connection.execute(_GOES_AT_ONCE, [sorted(contents)])

    async def find(self, artifact_id: UUID, customer_id: UUID | None) -> ArtifactRef:
        """The customer's artifact, anybody's for None; raises ArtifactNotFound."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(_FIND, [artifact_id, customer_id, customer_id])
            row = await cursor.fetchone()
        if row is None:
            raise ArtifactNotFound(f"there is no artifact {artifact_id}")
        return ArtifactRef.model_validate(row)

    async def look_into(
        self, reference: ArtifactRef, make: Callable[[Iterator[bytes]], MadeT]
    ) -> MadeT:
        """What `make` makes of the content, in a thread: few do so at a time.

        Raises ArtifactGone, CorruptContent, and what `make` raises.
        """

        def made() -> MadeT:
            with closing(self.store.open(reference.sha256)) as chunks:
                return make(chunks)

        try:
            return await to_thread.run_sync(made, limiter=self._looking_threads)
        except ArtifactMissing as error:
            raise ArtifactGone(f"the content of artifact {reference.id} is gone") from error
        except CorruptArtifact as error:
            raise CorruptContent(f"the content of artifact {reference.id} is damaged") from error
