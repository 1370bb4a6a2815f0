"""What all workers of the service share: each execution leaves a line at its begin and its end."""

from abc import abstractmethod
from typing import Any, TypeVar

from chaos_worker.effect_log import logged_execution
from warren.contracts.job import Job
from warren.worker import JobContext, Worker

Result = dict[str, Any]
JobT = TypeVar("JobT", bound=Job)


class ChaosWorker(Worker[JobT, Result]):
    """Logs each execution around what its subclass does; retries come quickly."""

    retry_backoff_base = 0.05
    retry_backoff_max = 1.0

    def perform(self, job: JobT, context: JobContext) -> Result:
        with logged_execution(context):
            self.act(job, context)
        return {"attempt": context.attempt}

    @abstractmethod
    def act(self, job: JobT, context: JobContext) -> None:
        """What the job does."""
