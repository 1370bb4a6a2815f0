"""What stands in for the database before those who look into it again and again."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import psycopg


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a fact; whoever plays the scenario sets the deadline."""
    while not holds():  # noqa: ASYNC110 -- a fact that nobody announces
        await asyncio.sleep(0.01)


class LookedAt:
    """Counts how often it is asked, about how many ids, and can be away."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.away = False
        #: How often it was asked while it was away.
        self.refused = 0

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Self]:
        if self.away:
            self.refused += 1
            raise psycopg.OperationalError("away")
        yield self

    async def execute(self, _query: str, values: dict[str, Any]) -> Self:
        self.asked.append(len(values["ids"]))
        self._rows = await self.found(values)
        return self

    async def fetchall(self) -> list[dict[str, Any]]:
        return self._rows

    async def found(self, values: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows of the answer."""
        raise NotImplementedError
