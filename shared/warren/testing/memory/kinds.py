"""The jobs that an in-memory system knows, as their services announce them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from warren.contracts.kinds import KindDefinition, KindSubscription
from warren.contracts.payload_schema import PayloadSchema
from warren.errors import ConfigurationError
from warren.worker.catalogue import Service, definition, load_service
from warren.worker.discovery import AnyWorker


@dataclass(frozen=True, slots=True)
class KnownKind:
    """A Worker class, what is announced of it, and the check of its payloads."""

    worker: AnyWorker
    definition: KindDefinition
    schema: PayloadSchema


class Kinds:
    """Of services (by name) and of single Worker classes.

    Raises ConfigurationError for a service that could not start, and for two workers of one wire
    name.
    """

    def __init__(self, jobs: Iterable[str | AnyWorker]) -> None:
        self.workers: dict[tuple[str, int], AnyWorker] = {}
        self._versions: dict[str, dict[int, KnownKind]] = {}
        self._services: dict[AnyWorker, Service] = {}
        self._prepared: set[object] = set()
        for job in jobs:
            if isinstance(job, str):
                self._add_service(load_service(job))
            else:
                self._add(job.job_model.kind.partition(".")[0], job)

    def __iter__(self) -> Iterator[KnownKind]:
        """The newest version of each."""
        return (versions[max(versions)] for versions in self._versions.values())

    def newest(self, kind: str) -> KnownKind | None:
        """What submissions are validated by."""
        versions = self._versions.get(kind)
        return versions[max(versions)] if versions else None

    def version(self, kind: str, version: int) -> KnownKind | None:
        """In this very version."""
        return self._versions.get(kind, {}).get(version)

    def subscribers(self, event_type: str) -> list[tuple[KnownKind, KindSubscription]]:
        """Who gets the events of a type."""
        return [
            (kind, subscription)
            for kind in self
            for subscription in kind.definition.subscriptions
            if subscription.event_type == event_type
        ]

    def prepare(self, worker: AnyWorker) -> None:
        """What a process does before the first job of a worker: once, and only if there is one."""
        service = self._services.get(worker)
        if service is not None and service.load is not None and service.name not in self._prepared:
            self._prepared.add(service.name)
            service.load()
        if worker not in self._prepared:
            self._prepared.add(worker)
            worker.warm_up()

    def _add_service(self, service: Service) -> None:
        for worker in service.workers.values():
            self._services[worker] = service
            self._add(service.name, worker)

    def _add(self, service: str, worker: AnyWorker) -> None:
        announced = definition(service, worker)
        name = (announced.kind, announced.version)
        if self.workers.setdefault(name, worker) is not worker:
            raise ConfigurationError(
                f"{self.workers[name].__qualname__} and {worker.__qualname__} both handle "
                f"{name[0]} version {name[1]}: a job has one handler"
            )
        known = KnownKind(worker, announced, PayloadSchema(announced.payload_schema))
        self._versions.setdefault(name[0], {})[name[1]] = known
