"""A task somewhere in the system, by its id."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, cast
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from typing_extensions import TypeVar

from warren.client.clock import current_clock
from warren.client.errors import (
    GatewayUnreachable,
    RefusedByGateway,
    TaskCancelled,
    TaskExpired,
    TaskFailed,
    TaskNotFinished,
    TaskUnknown,
    WaitInsideJob,
    WaitTimeout,
)
from warren.client.gateway_client import GatewayClient, default_client
from warren.client.results import read_result
from warren.client.surroundings import current_job
from warren.contracts.states import TaskState, WaitingFor

#: What `wait` and `result` return; plain JSON where nobody knows more.
ResultT = TypeVar("ResultT", default=Any)

#: Seconds from one question to the next, growing; where the gateway waits itself, nobody pauses.
_FIRST_POLL, _LONGEST_POLL = 0.05, 1.0
#: How long the gateway is asked to wait: less than what proxies cut off.
_LONGEST_WAIT = 20
#: Seconds for the way to the gateway and back.
_TRAVEL = 0.5
#: A task that a job asked for is known to the gateway when its recorder has written it.
_UNRECORDED = 10.0


class TaskStatus(BaseModel):
    """Where a task stands; `progress` 0-100, times in UTC."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    task_id: UUID
    kind: str
    status: TaskState
    waiting_for: WaitingFor | None = None
    progress: int = 0
    message: str | None = None
    generation: int
    attempt: int
    max_attempts: int
    created_at: datetime
    due_at: datetime | None = None
    next_run_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    error: dict[str, Any] | None = None


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
        return self._status(None)

    def result(self) -> ResultT:
        """What the task has made.

        Raises TaskNotFinished before its end, TaskFailed, TaskExpired or TaskCancelled after it,
        and ResultDoesNotFit if it is no `result_type`.
        """
        status = self.status()
        if not status.status.is_terminal:
            raise TaskNotFinished(f"task {self.id} is {status.status.value}: it has no result yet")
        return self._outcome(status)

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
        clock = current_clock()
        began = clock.monotonic()
        poll, known = _FIRST_POLL, "unknown to the gateway"
        while True:
            asked = clock.monotonic()
            status = self._status_so_far(max(timeout - (asked - began), 0.05), asked - began)
            if status is not None:
                known = status.status.value
                if status.status.is_terminal:
                    return self._outcome(status)
            now = clock.monotonic()
            left = timeout - (now - began)
            if left <= 0:
                raise WaitTimeout(f"task {self.id} is still {known} after {timeout:g} s")
            # A gateway that waits for nobody, or for too many already, has answered at once.
            if (early := asked + poll - now) > 0:
                clock.pause(min(early, left))
            poll = min(1.5 * poll, _LONGEST_POLL)

    def cancel(self) -> TaskStatus:
        """Ask for its end; returns where it stands then.

        `cancelled`, `cancelling` while a worker may have it, or the state in which it had ended
        already.
        """
        try:
            answer = self._gateway().post(
                f"/api/v1/tasks/{self.id}/cancel", b"", idempotency_key=str(uuid4())
            )
        except RefusedByGateway as refusal:
            if refusal.status == 409:
                return self.status()
            raise self._explained(refusal) from refusal
        return TaskStatus.model_validate(answer)

    def _status(self, timeout: float | None, wait: int = 0) -> TaskStatus:
        path = f"/api/v1/tasks/{self.id}/status"
        try:
            answer = self._gateway().get(path, timeout=timeout, wait=wait)
        except RefusedByGateway as refusal:
            raise self._explained(refusal) from refusal
        return TaskStatus.model_validate(answer)

    def _status_so_far(self, left: float, waited: float) -> TaskStatus | None:
        """As soon as it has ended, or after a while; None while there may be one later."""
        try:
            return self._status(left, wait=int(max(0.0, min(left - _TRAVEL, _LONGEST_WAIT))))
        except GatewayUnreachable:
            return None
        except TaskUnknown:
            if waited > _UNRECORDED:
                raise
            return None

    def _outcome(self, status: TaskStatus) -> ResultT:
        error = status.error or {}
        reason = str(error.get("message") or "no reason was recorded")
        match status.status:
            case TaskState.SUCCEEDED:
                return cast("ResultT", read_result(self._gateway(), self.id, self.result_type))
            case TaskState.CANCELLED:
                raise TaskCancelled(f"task {self.id} was cancelled")
            case TaskState.EXPIRED:
                raise TaskExpired(f"task {self.id} was not started by its expires_at", error)
            case _:
                kind = error.get("type", "unknown error")
                raise TaskFailed(f"task {self.id} failed: {kind}: {reason}", error)

    def _gateway(self) -> GatewayClient:
        return self.client or default_client()

    def _explained(self, refusal: RefusedByGateway) -> Exception:
        if refusal.status != 404:
            return refusal
        return TaskUnknown(
            f"the gateway knows no task {self.id}, or not for this key; one that a job asked for "
            "is known a moment later"
        )
