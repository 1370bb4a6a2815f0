"""The job `<service>.probe`: every worker process answers it, however busy its slots are.

It travels as any job does, through scheduler, relay and broker, but on the lane `probe`, which a
thread of its own serves. So it tells whether the service can be reached, not whether it is idle.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel

from warren.contracts.ids import id_time
from warren.contracts.job import Job
from warren.contracts.kinds import Audience
from warren.contracts.lanes import Lane
from warren.worker.base import Worker
from warren.worker.context import JobContext


class ProbeAnswer(BaseModel):
    """`worker_id` is the incarnation of the process; the time is since the probe was due."""

    status: Literal["healthy"] = "healthy"
    worker_id: str
    timestamp: AwareDatetime
    response_time_ms: float


def probe_worker(service: str, worker_id: str) -> type[Worker[Any, ProbeAnswer]]:
    """The class that answers the probes of a service in the process `worker_id`."""

    class Probe(Job):
        """Ask whether some worker of the service answers."""

        kind: ClassVar[str] = f"{service}.probe"

    class ProbeWorker(Worker[Probe, ProbeAnswer]):
        lane = Lane.PROBE
        audience = Audience.OPERATOR
        max_retries = 0
        dead_letter = False
        time_limit = 10
        # While nobody answers, one waits; a second would tell nothing new.
        unique = ""
        cron_schedule = "* * * * *"

        def perform(self, job: Probe, context: JobContext) -> ProbeAnswer:
            now = datetime.now(UTC)
            passed = (now - id_time(context.task_id)).total_seconds()
            return ProbeAnswer(
                worker_id=worker_id, timestamp=now, response_time_ms=round(1000 * max(0, passed), 1)
            )

    return ProbeWorker
