"""The reference chatbot over HTTP, in a thread of the test's process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from chatbot.app import make_app
from warren.testing.deadline import eventually

_START = 20.0


class RunningChatbot:
    """What a test asks it, beside what the code under test does."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=10)

    def is_ready(self) -> bool:
        """Whether it answers; it may just be starting."""
        try:
            return self._client.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def switch(self, fault: str, **more: Any) -> None:
        """Switch a fault on, or `none`."""
        self._client.put("/faults", json={"fault": fault, **more}).raise_for_status()

    def calls(self) -> dict[str, int]:
        """Calls since the start, by method and answer."""
        calls: dict[str, int] = self._client.get("/faults").raise_for_status().json()["calls"]
        return calls

    def entries(self, customer: object, collection: str) -> dict[str, int]:
        """Versions by id."""
        found: dict[str, int] = {}
        after: str | None = ""
        while after is not None:
            query: dict[str, str | int] = {"after": after, "limit": 1000}
            answer = self._client.get(f"/v1/customers/{customer}/{collection}", params=query)
            page = answer.raise_for_status().json()
            found |= {item["id"]: item["version"] for item in page["items"]}
            after = page["next_after"]
        return found

    def entry(self, customer: object, collection: str, id_: object) -> dict[str, Any]:
        """The content of one."""
        path = f"/v1/customers/{customer}/{collection}/{id_}"
        content: dict[str, Any] = self._client.get(path).raise_for_status().json()
        return content

    def journal(self, customer: object) -> list[tuple[str, str, str, int]]:
        """What was applied: (collection, operation, id, version)."""
        answer = self._client.get(f"/v1/customers/{customer}/journal").raise_for_status()
        return [
            (item["collection"], item["operation"], item["id"], item["version"])
            for item in answer.json()["items"]
        ]

    def put_faq(self, customer: object, id_: object, version: int) -> None:
        """Write one past everybody."""
        body = {"version": version, "question": "Whose?", "answer": "Nobody's."}
        path = f"/v1/customers/{customer}/faqs/{id_}"
        self._client.put(path, json=body).raise_for_status()

    def delete(self, customer: object, collection: str, id_: object, version: int) -> None:
        """Remove one past everybody."""
        path = f"/v1/customers/{customer}/{collection}/{id_}"
        self._client.delete(path, params={"version": version}).raise_for_status()

    def close(self) -> None:
        """Close the connections of the questions."""
        self._client.close()


@contextmanager
def running_chatbot(data: Path | str = ":memory:", port: int = 0) -> Iterator[RunningChatbot]:
    """A chatbot while the block runs."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        make_app(data), log_level="error", access_log=False, timeout_keep_alive=20, ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    eventually(lambda: server.started, within=_START)
    chatbot = RunningChatbot(f"http://127.0.0.1:{listening.getsockname()[1]}")
    try:
        yield chatbot
    finally:
        chatbot.close()
        server.should_exit = True
        thread.join(_START)
        listening.close()
