"""A thread and a connection of their own, for probes only."""

from warren.artifacts import open_store
from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane
from warren.messaging.handing_back import Announce, Republish
from warren.messaging.job_worker import JobWorker
from warren.messaging.occupancy import Capacity
from warren.worker.actors import make_broker
from warren.worker.catalogue import Service
from warren.worker.probe import probe_worker
from warren.worker.reporting import StatusMaker
from warren.worker.runner import JobRunner
from warren.worker.settings import WorkerSettings
from warren.worker.slot import warmed_up
from warren.worker.status_buffer import StatusBuffer

#: Seconds; a probe takes none.
_STOP_TIMEOUT = 5.0


class ProbeLine:
    """Serves the lane `probe` of a service beside a process's slots."""

    def __init__(
        self,
        service: Service,
        settings: WorkerSettings,
        *,
        name: str,
        incarnation: str,
        buffer: StatusBuffer,
        republish: Republish,
        announce: Announce,
    ) -> None:
        worker = probe_worker(service.name, incarnation)
        wire_name = (worker.job_model.kind, worker.job_model.version)
        self._service = Service(
            service.name, service.package, service.chosen_release, {wire_name: worker}
        )
        self._runner = JobRunner(
            self._service.workers,
            warmed_up(
                self._service, list(self._service.workers), open_store(settings.artifacts_url)
            ),
            None,
            buffer,
            StatusMaker(incarnation),
        )
        self.queues = self._service.queues([Lane.PROBE])
        self._jobs = JobWorker(
            make_broker(self._service, self._runner),
            settings.amqp_url,
            self.queues,
            capacity=Capacity.of_threads(1),
            name=f"{name} (probe)",
            republish=republish,
            announce=announce,
        )
        self._started = False

    def definitions(self) -> list[KindDefinition]:
        """What is announced of it."""
        return self._service.definitions()

    def start(self) -> None:
        """Answer from now on."""
        self._started = True
        self._jobs.start()

    def run_ids(self) -> list[str]:
        """Runs whose outcome is not confirmed."""
        return self._runner.custody.run_ids()

    def held_message_ids(self) -> list[str]:
        """Probes that are here."""
        return self._jobs.held_message_ids()

    def stop(self) -> None:
        """Answer what is here, and no more."""
        if self._started:
            self._jobs.stop(int(_STOP_TIMEOUT * 1000))
