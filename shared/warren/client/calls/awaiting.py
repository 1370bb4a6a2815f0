"""A transport for asyncio."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import httpx

from warren.client.calls.transport import HttpRequest
from warren.client.file_content import FileContent
from warren.client.gateway_connection import authorization, reaching

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answer:
    head: httpx.Response

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        async for piece in self.head.aiter_bytes():
            yield piece


class AwaitingTransport:
    """Belongs to one event loop; files are read in threads."""

    def __init__(
        self, url: str, api_key: str, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._url = url
        self._client = httpx.AsyncClient(
            transport=transport, base_url=url, headers=authorization(api_key), trust_env=False
        )

    async def send(self, request: HttpRequest) -> httpx.Response:
        """The answer, whatever it is."""
        body = request.body
        with reaching(self._url, request.method, request.path):
            return await self._client.request(
                request.method,
                request.path,
                content=_pieces(body) if isinstance(body, FileContent) else body,
                headers=request.headers,
                params=request.query,
                timeout=request.timeout,
            )

    @asynccontextmanager
    async def stream(self, request: HttpRequest) -> AsyncIterator[_Answer]:
        """The answer while it comes."""
        with reaching(self._url, request.method, request.path):
            async with self._client.stream(
                "GET", request.path, headers=request.headers, timeout=request.timeout
            ) as answer:
                if answer.is_error:
                    await answer.aread()
                yield _Answer(answer)

    async def pause(self, seconds: float) -> None:
        """Return when so much time has passed."""
        await asyncio.sleep(seconds)

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What the function returns, in a thread."""
        return await asyncio.to_thread(function, *args, **kwargs)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _pieces(content: FileContent) -> AsyncIterator[bytes]:
    content.begin()
    sent = 0
    while piece := await asyncio.to_thread(content.next_piece, sent):
        sent += len(piece)
        yield piece
