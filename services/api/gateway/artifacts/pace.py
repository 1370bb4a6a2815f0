"""How fast the body of an upload must come."""

import time
from collections.abc import AsyncIterator

import anyio
from fastapi import Request

from gateway.config import GatewaySettings
from gateway.problems import ClientTooSlow


class Pace:
    """Of one body: the time that its client may take grows with what has come.

    Only the time counts for which the client is waited for, not what storing takes.
    """

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._received = 0
        self._waited = 0.0

    async def next(self, pieces: AsyncIterator[bytes]) -> bytes:
        """The next piece, empty at the end; raises ClientTooSlow."""
        settings = self._settings
        left = settings.upload_grace + self._received / settings.upload_rate - self._waited
        if left <= 0:
            raise self._too_slow()
        began = time.monotonic()
        try:
            with anyio.fail_after(min(settings.upload_idle_timeout, left)):
                piece = await anext(pieces, b"")
        except TimeoutError as error:
            if left < settings.upload_idle_timeout:
                raise self._too_slow() from error
            idle = settings.upload_idle_timeout
            raise ClientTooSlow(f"nothing arrived for {idle:.0f} s") from error
        self._waited += time.monotonic() - began
        self._received += len(piece)
        return piece

    def _too_slow(self) -> ClientTooSlow:
        settings = self._settings
        return ClientTooSlow(
            f"only {self._received} bytes came in time: after {settings.upload_grace:.0f} s a body"
            f" must have come at {settings.upload_rate} bytes a second"
        )


async def paced_body(request: Request, settings: GatewaySettings) -> AsyncIterator[bytes]:
    """The body of the request in pieces, none of them empty; raises ClientTooSlow."""
    pace, stream = Pace(settings), request.stream()
    while piece := await pace.next(stream):
        yield piece
