"""A job without input that runs every ten minutes."""

import os
import shutil
import socket
import tempfile
from datetime import UTC, datetime
from typing import ClassVar, Literal

from pydantic import AwareDatetime, BaseModel

from example_worker.service import check_free_space
from warren.contracts.job import Job
from warren.contracts.lanes import Lane
from warren.worker import JobContext, Worker


class HealthCheck(Job):
    """Look whether this service can work."""

    kind: ClassVar[str] = "example.health_check"


class Health(BaseModel):
    """Who answered, and when."""

    status: Literal["healthy"]
    worker_id: str
    timestamp: AwareDatetime


class HealthCheckWorker(Worker[HealthCheck, Health]):
    """Fails where there is no room for files, once more after a second."""

    lane = Lane.DEFAULT
    max_retries = 1
    time_limit = 30
    cron_schedule = "*/10 * * * *"

    def perform(self, job: HealthCheck, context: JobContext) -> Health:
        """Raises DiskAlmostFull."""
        check_free_space(shutil.disk_usage(tempfile.gettempdir()).free)
        return Health(
            status="healthy",
            worker_id=f"{socket.gethostname()}:{os.getpid()}",
            timestamp=datetime.now(UTC),
        )
