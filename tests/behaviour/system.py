"""What the cases of behaviour need of a system beside Worker classes and handles."""

from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

from warren.client import TaskHandle


class System(Protocol):
    """A system that runs `tests.behaviour.service`."""

    def steps(self, task: TaskHandle[Any]) -> list[str]:
        """What happened to it: `["processing", "succeeded"]`."""

    def result(self, task: TaskHandle[Any]) -> Any:
        """As JSON; waits for the end."""

    def submit(self, kind: str, payload: dict[str, Any], **options: Any) -> TaskHandle[Any]:
        """Ask for a task by plain JSON; raises RefusedByGateway."""

    def retry(self, task: TaskHandle[Any]) -> None:
        """Ask for the next generation of a task that has ended; raises RefusedByGateway."""

    def when_running(self, task: TaskHandle[Any], do: Callable[[], object]) -> None:
        """Call `do` while its job runs."""

    def made_by_schedule(self, kind: str) -> list[UUID]:
        """The tasks that its schedule has made, of which there is one by now."""
