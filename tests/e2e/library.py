"""What a client does with books, over HTTP, and what a test looks up behind the gateway."""

from types import TracebackType
from typing import Any, LiteralString, Self

import psycopg

from tests.e2e.client import Client
from warren.stack.stack import Stack


class Library:
    """A running system, its client, and its database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.client = Client(stack.descriptor.gateway_url, stack.descriptor.api_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.http.close()

    def upload(self, content: bytes, name: str = "novel.epub", **fields: str) -> dict[str, Any]:
        """The answer to an upload that is accepted."""
        answer = self.client.http.post(
            "/api/v1/books", files={"file": (name, content)}, data=fields
        )
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    def get(self, path: str = "", **query: Any) -> Any:
        """What stands there; all books without a path."""
        answer = self.client.http.get(f"/api/v1/books/{path}".rstrip("/"), params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """The answer to a request that is accepted."""
        answer = self.client.http.post(f"/api/v1/books/{path}", json=body)
        assert answer.status_code == 202, answer.text
        accepted: dict[str, Any] = answer.json()
        return accepted

    def done(self, accepted: dict[str, Any], within: float = 90) -> Any:
        """The result of an accepted task."""
        status = self.client.wait(accepted["task_id"], within)
        assert status["status"] == "succeeded", status
        return self.client.result(accepted["task_id"])

    def failed(self, accepted: dict[str, Any], within: float = 60) -> dict[str, Any]:
        """The error of an accepted task."""
        status = self.client.wait(accepted["task_id"], within)
        assert status["status"] == "failed", status
        error: dict[str, Any] = status["error"]
        return error

    def ask(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """Of the database."""
        with psycopg.connect(self.stack.descriptor.database_url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()
