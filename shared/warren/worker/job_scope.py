"""What one run works with, from its beginning to its end."""

from collections.abc import Callable

from warren.contracts.job import Job
from warren.worker.cancel_signal import CancelSignal
from warren.worker.context import JobContext
from warren.worker.effects import Effect, EffectGate
from warren.worker.job_artifacts import JobArtifacts, Store
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.parts import PartReporter
from warren.worker.progress import ProgressReporter
from warren.worker.spawning import Send, Spawner


class JobScope:
    """The job of a run and its context; `entrance` takes the tasks that it asks for."""

    def __init__(
        self,
        run: Run,
        job: Job,
        store: Store,
        *,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
        send: Send,
        is_sure: Callable[[], bool],
        soft_time_limit: float,
    ) -> None:
        self.run = run
        self.job = job
        self.cancellation = cancellation
        self.entrance = Spawner(run, send, cancellation)
        self._artifacts = JobArtifacts(store, run.task_id)
        self._progress = ProgressReporter(report)
        gate = EffectGate(cancellation, is_sure)
        self.context = JobContext(
            run,
            self._artifacts,
            self._progress,
            entrance=self.entrance,
            parts=PartReporter(report),
            make_effect=lambda key: Effect(store, run, key, gate),
            soft_time_limit=soft_time_limit,
            cancellation=cancellation,
        )

    def close(self) -> None:
        """Let nothing more be written, send the last progress, and delete local files.

        A thread that the job has left behind writes nothing any more.
        """
        self.cancellation.close()
        self._progress.finish()
        self._artifacts.close()
