"""The behaviour that tests/e2e/test_behaviour.py demands of real servers, in memory."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from tests.behaviour.cases import BehaviourCases
from tests.behaviour.system import System
from warren.client import TaskHandle
from warren.testing.memory import InMemoryWarren, MemoryTask

SERVICE = "tests.behaviour.service"


class MemorySystem:
    """Works whenever somebody waits."""

    def __init__(self, warren: InMemoryWarren) -> None:
        self._warren = warren

    def steps(self, task: TaskHandle[Any]) -> list[str]:
        return self._warren.task(task).steps

    def result(self, task: TaskHandle[Any]) -> Any:
        self._warren.finish()
        return self._warren.task(task).result

    def submit(self, kind: str, payload: dict[str, Any], **options: Any) -> TaskHandle[Any]:
        return self._warren.submit(kind, payload, **options).handle

    def retry(self, task: TaskHandle[Any]) -> None:
        self._warren.retry(task)

    def when_running(self, task: TaskHandle[Any], do: Callable[[], object]) -> None:
        called: list[object] = []

        def look(seen: MemoryTask) -> None:
            if seen.id == task.id and seen.state == "processing" and not called:
                called.append(None)
                do()

        self._warren.watch(look)
        self._warren.run_until_idle()
        assert called

    def made_by_schedule(self, kind: str) -> list[UUID]:
        self._warren.advance(minutes=3)
        tasks = self._warren.tasks(kind)
        assert [task.steps for task in tasks] == [["processing", "succeeded"]] * 3
        return [task.id for task in tasks]


@pytest.fixture
def system() -> Iterator[System]:
    with InMemoryWarren(SERVICE) as warren:
        yield MemorySystem(warren)


class TestInMemory(BehaviourCases):
    """All of them."""
