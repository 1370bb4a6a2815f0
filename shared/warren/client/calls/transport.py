"""How requests travel: as calls that block, or as ones that are awaited."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar

import httpx

from warren.client.file_content import FileContent

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request; `timeout` is in seconds, for each step of it. Parameters of None are left out.

    Steps are connecting, sending a piece and hearing the next.
    """

    method: str
    path: str
    timeout: float
    body: bytes | FileContent | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, Any] | None:
        """The parameters that are given; None if none is."""
        given = {name: value for name, value in self.parameters.items() if value is not None}
        return given or None


class StreamedAnswer(Protocol):
    """An answer whose body comes piece by piece."""

    @property
    def head(self) -> httpx.Response:
        """Status and headers; of an error, and without a body, the whole answer."""
        ...

    def pieces(self) -> AsyncGenerator[bytes, None]:
        """The body."""
        ...


class Transport(Protocol):
    """Sends requests once; its owner closes it. Raises GatewayUnreachable, ConfigurationError."""

    async def send(self, request: HttpRequest) -> httpx.Response:
        """The answer, whatever it is."""
        ...

    def stream(self, request: HttpRequest) -> AbstractAsyncContextManager[StreamedAnswer]:
        """The answer while it comes."""
        ...

    async def pause(self, seconds: float) -> None:
        """Return when so much time has passed."""
        ...

    async def work(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What a function returns that may block, for example to read a file."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
