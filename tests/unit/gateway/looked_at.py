"""What stands in for the database before those who look into it again and again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import psycopg


class LookedAt:
    """Counts how often it is asked, about how many ids, and can be away."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.away = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Self]:
        if self.away:
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
