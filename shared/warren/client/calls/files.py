"""Files to the gateway and from it, piece by piece."""

import hashlib
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from warren.client.accepted import StoredFile
from warren.client.calls.gateway_calls import ONE_TRY, GatewayCalls, settled
from warren.client.calls.patience import Patience
from warren.client.calls.transport import HttpRequest
from warren.client.errors import FileDamaged, GatewayUnreachable
from warren.client.file_content import OnProgress, content_of
from warren.client.gateway_connection import document_of, problem_of
from warren.client.refusals import refusal_of

#: Seconds for each piece, and for the gateway to look through what it has received.
_ONE_PIECE = 3 * ONE_TRY
#: Who sends fewer bytes a second over a while is given up.
_SLOWEST = 64 * 1024
_WHOLE = 200
_BLOCK = 1024 * 1024


async def upload(
    calls: GatewayCalls,
    /,
    source: Path | str | bytes | BinaryIO,
    *,
    name: str | None = None,
    media_type: str = "application/octet-stream",
    idempotency_key: str | None = None,
    on_progress: OnProgress | None = None,
) -> StoredFile:
    """Store a file, given by its path, as bytes or open: payloads name it by its `id`.

    It is never held whole in memory, and is sent again from its beginning if the connection
    breaks. `on_progress` is told of the bytes sent so far, and of all. Raises FileNotSendable.
    """
    with content_of(source, on_progress) as content:
        request = HttpRequest(
            "POST",
            "/api/v1/artifacts",
            _ONE_PIECE,
            content,
            {
                "Content-Type": media_type,
                "Content-Length": str(content.size),
                "Idempotency-Key": idempotency_key or str(uuid4()),
            },
            {"name": name or content.name},
        )
        answer = await calls.insist(request, calls.timeout + content.size / _SLOWEST)
    return StoredFile.model_validate(document_of(answer))


async def download(
    calls: GatewayCalls, /, file: StoredFile | UUID | str, to: Path | str, *, patience: float = 60.0
) -> Path:
    """Write a stored file to the path `to`, which is there only once all of it is.

    Where the connection breaks it goes on from what has arrived, for `patience` seconds without a
    byte. Raises FileDamaged if that is not what was stored.
    """
    artifact_id = file.id if isinstance(file, StoredFile) else UUID(str(file))
    target = Path(to)
    partial = target.with_name(f"{target.name}.{uuid4().hex[:8]}.part")
    try:
        with partial.open("w+b") as written:
            await _Download(calls, f"/api/v1/artifacts/{artifact_id}", written).run(patience)
        await calls.transport.work(partial.replace, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


@dataclass(slots=True)
class _Download:
    calls: GatewayCalls
    path: str
    file: BinaryIO
    etag: str = ""
    has_ended: bool = False

    async def run(self, patience: float) -> None:
        trying = Patience(patience, f"GET {self.path}")
        while not self.has_ended:
            try:
                await self._go_on(trying)
            except GatewayUnreachable as failure:
                rest = trying.rest_after(failure)
                await self.calls.transport.pause(rest)
        found = await self.calls.transport.work(_sha256, self.file)
        if self.etag.strip('"') != found:
            raise FileDamaged(f"what arrived of {self.path} is not what was stored")

    async def _go_on(self, trying: Patience) -> None:
        arrived = self.file.tell()
        # Bytes as they are stored: parts of what a proxy has packed fit nowhere.
        headers = {"Accept-Encoding": "identity"}
        if arrived:
            headers |= {"Range": f"bytes={arrived}-", "If-Range": self.etag}
        request = HttpRequest("GET", self.path, trying.left(_ONE_PIECE), headers=headers)
        async with self.calls.transport.stream(request) as answer:
            head = settled(answer.head)
            if head.is_error:
                raise refusal_of(head.status_code, problem_of(head))
            if head.status_code == _WHOLE:
                self.file.seek(0)
                self.file.truncate()
            self.etag = head.headers.get("ETag", "")
            async with aclosing(answer.pieces()) as pieces:
                async for piece in pieces:
                    await self.calls.transport.work(self.file.write, piece)
                    trying.renew()
            self.has_ended = True


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(_BLOCK):
        digest.update(piece)
    return digest.hexdigest()
