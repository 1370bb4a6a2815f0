"""What a client of Warren does, in a few lines over httpx."""

from types import TracebackType
from typing import Any, Self

import httpx

from warren.testing.deadline import eventually

TERMINAL = {"succeeded", "failed", "cancelled", "expired"}


class Client:
    """Submits, follows and fetches; survives a gateway that is just being restarted."""

    def __init__(self, url: str, key: str) -> None:
        self.http = httpx.Client(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=10
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def is_answered(self) -> bool:
        """Whether the gateway takes work now."""
        try:
            return self.http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def speak(self, **payload: Any) -> str:
        """Submit a text to speak; the task's id."""
        answer = self.http.post("/api/v1/speech", json=payload)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])

    def status(self, task_id: str) -> dict[str, Any]:
        """The task's status, asked again while the gateway cannot answer."""
        answer = self.get_until_answered(f"/api/v1/tasks/{task_id}/status")
        assert answer.status_code == 200, answer.text
        status: dict[str, Any] = answer.json()
        return status

    def get_until_answered(self, path: str, timeout: float = 60) -> httpx.Response:
        """The answer of a gateway that may be restarting or without its database."""

        def answered() -> httpx.Response | None:
            try:
                answer = self.http.get(path)
            except httpx.TransportError:
                return None
            return None if answer.status_code == 503 else answer

        return eventually(answered, within=timeout)

    def wait(self, task_id: str, timeout: float = 90) -> dict[str, Any]:
        """The status at the end of the task."""

        def ended() -> dict[str, Any] | None:
            status = self.status(task_id)
            return status if status["status"] in TERMINAL else None

        return eventually(ended, within=timeout, seen=lambda: self.status(task_id))

    def result(self, task_id: str) -> dict[str, Any]:
        """The result of a task that has succeeded."""
        answer = self.get_until_answered(f"/api/v1/tasks/{task_id}/result")
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    def download(self, artifact_id: str) -> bytes:
        """The bytes of an artifact."""
        answer = self.get_until_answered(f"/api/v1/artifacts/{artifact_id}")
        assert answer.status_code == 200, answer.text
        return answer.content
