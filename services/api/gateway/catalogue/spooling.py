"""The body of a bulk, kept in a temporary file of this process until it is answered."""

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from fastapi import Request

from gateway.artifacts.pace import paced_body
from gateway.catalogue.spool_room import SpoolRoom
from gateway.config import GatewaySettings
from gateway.problems import TooLarge

_IN_MEMORY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Spooled:
    """A whole body, from its beginning, and what tells it from others."""

    file: IO[bytes]
    sha256: str


@asynccontextmanager
async def spooled_body(
    request: Request, settings: GatewaySettings, room: SpoolRoom, customer_id: UUID
) -> AsyncIterator[Spooled]:
    """Raises TooLarge, SpoolFull, or ClientTooSlow if it does not come fast enough.

    No file outlives the block.

    It may hold what no store may: a secret in the wrong place.
    """
    digest = hashlib.sha256()
    limit = settings.max_artifact_bytes
    with (
        room.spooling(customer_id) as taken,
        tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file,
    ):
        received = 0
        async for piece in paced_body(request, settings):
            received += len(piece)
            if received > limit:
                raise TooLarge.at("body", f"is larger than {limit} bytes", limit_bytes=limit)
            taken.grow(len(piece))
            digest.update(piece)
            file.write(piece)
        file.seek(0)
        yield Spooled(file, digest.hexdigest())
