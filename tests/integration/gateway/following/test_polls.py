"""Polls of statuses that are answered by memory: only as long as the database says the same."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from gateway.config import GatewaySettings
from gateway.customers.keys import Scope
from tests.integration.gateway.following.conftest import Task
from warren.testing.deadline import eventually

pytestmark = pytest.mark.postgres

Connect = Callable[[str, str], httpx.Client]
_CLIENTS = 4


@dataclass
class Pollers:
    """Clients that all poll one task without a pause, with the ETags that they know.

    `ended`: what somebody outside may know to have ended. `stale`: tasks of which a client was told
    afterwards, by a poll that began afterwards, that they have not.
    """

    current: Task
    ended: set[str] = field(default_factory=set)
    stale: list[str] = field(default_factory=list)
    unchanged: Counter[str] = field(default_factory=Counter)
    told: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)

    def poll(self, client: httpx.Client) -> None:
        etags: dict[str, str] = {}
        told: set[str] = set()
        while not self._stop.is_set():
            task = self.current
            known_to_have_ended = task.id in self.ended
            headers = {"If-None-Match": etags.get(task.id, '"none"')}
            answer = client.get(task.urls["status"], headers=headers)
            if answer.status_code == 304:
                self.unchanged[task.id] += 1
            else:
                etags[task.id] = answer.headers["etag"]
                if answer.json()["status"] == "succeeded":
                    told.add(task.id)
                    self.told[task.id] += 1
            if known_to_have_ended and task.id not in told:
                self.stale.append(task.id)

    @contextmanager
    def polling(self, clients: list[httpx.Client]) -> Iterator[None]:
        threads = [threading.Thread(target=self.poll, args=[client]) for client in clients]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(20)
        assert not any(thread.is_alive() for thread in threads)


def wait_for(counts: Counter[str], task: Task, count: int) -> None:
    eventually(lambda: counts[task.id] >= count, within=20, seen=lambda: counts)


def hits(client: httpx.Client) -> float:
    """Polls that memory answered."""
    name = 'warren_cache_lookups_total{cache="statuses",result="hit"} '
    lines = client.get("/metrics").text.splitlines()
    return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))


def test_no_poll_is_told_what_was_when_somebody_can_know_of_the_end(
    submit: Callable[[], Task],
    client: httpx.Client,
    database: Any,
    gateway_url: str,
    settings: GatewaySettings,
    serve: Callable[[GatewaySettings], str],
    connect: Connect,
) -> None:
    # Given tasks that run, and clients of a gateway that poll one of them
    tasks = [submit() for _ in range(8)]
    tasks[0].record(*(task.processing() for task in tasks))
    elsewhere = connect(serve(settings), database.key(scopes=list(Scope)))
    pollers = Pollers(tasks[0])
    key = client.headers["Authorization"].removeprefix("Bearer ")
    before = hits(client)
    with pollers.polling([connect(gateway_url, key) for _ in range(_CLIENTS)]):
        for task in tasks:
            pollers.current = task
            wait_for(pollers.unchanged, task, 2 * _CLIENTS)
            # When a recorder ends it, and another gateway says so
            task.record(task.succeeded())
            pollers.ended.add(task.id)
            assert elsewhere.get(task.urls["status"]).json()["status"] == "succeeded"
            # Then all of them get to know of it,
            wait_for(pollers.told, task, _CLIENTS)

    # and none was told anything else afterwards; memory answered what was told before
    assert pollers.stale == []
    assert hits(client) - before > len(tasks)


def test_an_answer_that_is_remembered_is_for_its_owner_only(
    submit: Callable[[], Task],
    client: httpx.Client,
    database: Any,
    gateway_url: str,
    connect: Connect,
) -> None:
    task = submit()
    task.record(task.processing(), task.failed())
    url = task.urls["status"]
    operator = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ, Scope.OPERATE]))
    own = connect(gateway_url, database.key(scopes=[Scope.TASKS_READ]))

    shown = [operator.get(url).json()["error"]["traceback"] for _ in range(2)]

    assert shown == ["secret", "secret"]
    assert [own.get(url).status_code for _ in range(2)] == [404, 404]
    assert client.get(url).status_code == 200


def test_a_task_that_is_remembered_and_deleted_is_there_no_more(
    submit: Callable[[], Task], client: httpx.Client
) -> None:
    task = submit()
    task.record(task.processing(), task.succeeded())
    url = task.urls["status"]
    headers = {"If-None-Match": client.get(url).headers["etag"]}
    assert client.get(url, headers=headers).status_code == 304

    assert client.delete(task.urls["task"]).is_success

    assert client.get(url, headers=headers).status_code == 404
