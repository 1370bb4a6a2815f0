"""A task somewhere in the system, by its id."""

from dataclasses import dataclass, field
from typing import Any, Generic, cast
from uuid import UUID

from typing_extensions import TypeVar

from warren.client.accepted import TaskStatus
from warren.client.calls import tasks
from warren.client.calls.blocking import completed
from warren.client.calls.gateway_calls import GatewayCalls
from warren.client.errors import WaitInsideJob
from warren.client.gateway_client import GatewayClient, default_client
from warren.client.surroundings import current_job

#: What `wait` and `result` return; plain JSON where nobody knows more.
ResultT = TypeVar("ResultT", default=Any)


@dataclass(frozen=True)
class TaskHandle(Generic[ResultT]):
    """Follows a task over HTTP, from any process that knows its id.

    `result_type` is what its worker returns; handles that a Worker class gives know it. Without it
    results are plain JSON. Every method raises TaskUnknown, GatewayUnreachable, and
    ConfigurationError if WARREN_URL and WARREN_API_KEY are not set.
    """

    id: UUID
    client: GatewayClient | None = field(default=None, repr=False, compare=False)
    result_type: type[ResultT] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Ids come as text out of results, databases and logs.
        object.__setattr__(self, "id", UUID(str(self.id)))

    def status(self) -> TaskStatus:
        """Where the task stands."""
        return completed(tasks.status(self._calls(), self.id))

    def result(self) -> ResultT:
        """What the task has made.

        Raises TaskNotFinished before its end, TaskFailed, TaskExpired or TaskCancelled after it,
        and ResultDoesNotFit if it is no `result_type`.
        """
        return cast("ResultT", completed(tasks.result(self._calls(), self.id, self.result_type)))

    def wait(self, timeout: float = 60) -> ResultT:
        """The result, as soon as it is there.

        Raises TaskFailed, TaskExpired, TaskCancelled, ResultDoesNotFit; WaitTimeout after
        `timeout` seconds, which leaves the task alone; WaitInsideJob in a job.
        """
        if (job := current_job()) is not None:
            raise WaitInsideJob(
                f"the job of task {job} may not wait for task {self.id}: with every slot waiting "
                "none would be left for the work. Let the other task do what is to follow"
            )
        waiting = tasks.wait(self._calls(), self.id, self.result_type, timeout=timeout)
        return cast("ResultT", completed(waiting))

    def cancel(self) -> TaskStatus:
        """Ask for its end; returns where it stands then.

        `cancelled`, `cancelling` while a worker may have it, or the state in which it had ended
        already.
        """
        return completed(tasks.cancel(self._calls(), self.id))

    def _calls(self) -> GatewayCalls:
        return (self.client or default_client()).calls
