"""The gateway of an in-memory system: as much of its REST interface as `warren.client` uses."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import orjson

from warren.testing.memory.interventions import Interventions
from warren.testing.memory.refusal import Refusal
from warren.testing.memory.stored_task import StoredTask
from warren.testing.memory.submissions import Submissions

#: Who presents this key may also ask for what is internal.
SYSTEM_KEY = "system"
_WAIT = re.compile(r"wait=([0-9]+)")
_Answer = tuple[int, Any]


class MemoryGateway(httpx.BaseTransport):
    """Answers requests without a socket; a POST with a key that it knows is answered as before.

    `let_pass` lets so much time pass, unless it is enough before: what `Prefer: wait=n` asks for.
    """

    def __init__(
        self,
        submissions: Submissions,
        interventions: Interventions,
        now: Callable[[], datetime],
        let_pass: Callable[[timedelta, Callable[[], bool]], object],
    ) -> None:
        self._submissions = submissions
        self._interventions = interventions
        self._now = now
        self._let_pass = let_pass
        self._answered: dict[tuple[str, str], _Answer] = {}
        self._routes: list[tuple[str, str, Callable[..., _Answer]]] = [
            ("POST", r"/api/v1/tasks", self._submit),
            ("POST", r"/api/v1/tasks/batch", self._submit_many),
            ("POST", r"/api/v1/batches", self._open_batch),
            ("POST", r"/api/v1/batches/([^/]+)/members", self._add_members),
            ("GET", r"/api/v1/tasks/([^/]+)/status", self._status),
            ("GET", r"/api/v1/tasks/([^/]+)/result", self._result),
            ("POST", r"/api/v1/tasks/([^/]+)/cancel", self._cancel),
            ("POST", r"/api/v1/tasks/([^/]+)/retry", self._retry),
        ]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Called by httpx."""
        try:
            status, document = self._once(request)
        except Refusal as refusal:
            status, document = refusal.status, refusal.document()
        headers = {"Content-Type": "application/json"}
        return httpx.Response(status, headers=headers, content=orjson.dumps(document))

    def _once(self, request: httpx.Request) -> _Answer:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.url.path.endswith(("/cancel", "/retry")):
            return self._route(request)
        asked = (request.url.path, key)
        if asked not in self._answered:
            self._answered[asked] = self._route(request)
        return self._answered[asked]

    def _route(self, request: httpx.Request) -> _Answer:
        for method, pattern, answer in self._routes:
            found = re.fullmatch(pattern, request.url.path)
            if found is not None and request.method == method:
                return answer(request, *map(UUID, found.groups()))
        what = f"{request.method} {request.url.path} is not part of the in-memory system"
        raise Refusal(404, "not-found", what)

    def _submit(self, request: httpx.Request) -> _Answer:
        task = self._submissions.one(_body(request), internal=_is_system(request))
        return 202, self._view(task)

    def _submit_many(self, request: httpx.Request) -> _Answer:
        items = _body(request)["items"]
        tasks = self._submissions.many(items, internal=_is_system(request))
        # No batch: whoever uses the client asks for none here.
        return 202, {"batch_id": None, "items": [self._view(task) for task in tasks]}

    def _open_batch(self, request: httpx.Request) -> _Answer:
        batch_id, members = self._submissions.open_batch(_body(request))
        return 202, _members(batch_id, members)

    def _add_members(self, request: httpx.Request, batch_id: UUID) -> _Answer:
        return 202, _members(batch_id, self._submissions.add_members(batch_id, _body(request)))

    def _status(self, request: httpx.Request, task_id: UUID) -> _Answer:
        task = self._interventions.task(task_id)
        if (wait := _WAIT.fullmatch(request.headers.get("Prefer", ""))) is not None:
            self._let_pass(timedelta(seconds=int(wait[1])), lambda: task.row.state.is_terminal)
        return 200, self._view(task)

    def _result(self, _request: httpx.Request, task_id: UUID) -> _Answer:
        return 200, self._interventions.task(task_id).row.result

    def _cancel(self, _request: httpx.Request, task_id: UUID) -> _Answer:
        return 200, self._view(self._interventions.cancel(task_id))

    def _retry(self, _request: httpx.Request, task_id: UUID) -> _Answer:
        return 202, self._view(self._interventions.retry(task_id))

    def _view(self, task: StoredTask) -> dict[str, Any]:
        row, now = task.row, self._now()
        return {
            "task_id": row.id,
            "kind": row.kind,
            "status": task.state_at(now),
            "waiting_for": task.waiting_for_at(now),
            "progress": row.progress,
            "message": row.message,
            "generation": row.generation,
            "attempt": row.attempt,
            "max_attempts": row.max_attempts,
            "created_at": task.created_at,
            "due_at": task.due_at,
            "next_run_at": task.available_at if row.outbox else None,
            "started_at": row.started_at,
            "finished_at": row.finished_at,
            "error": row.error,
        }


def _body(request: httpx.Request) -> dict[str, Any]:
    body: dict[str, Any] = orjson.loads(request.content)
    return body


def _is_system(request: httpx.Request) -> bool:
    return bool(request.headers.get("Authorization") == f"Bearer {SYSTEM_KEY}")


def _members(batch_id: UUID, members: list[StoredTask]) -> dict[str, Any]:
    return {"task_id": batch_id, "members": [task.row.id for task in members]}
