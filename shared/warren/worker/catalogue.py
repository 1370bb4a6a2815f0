"""Which services are installed, and which jobs each of them handles."""

import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from prometheus_client import CollectorRegistry
from pydantic import TypeAdapter

from warren.contracts.kinds import KindDefinition
from warren.contracts.lanes import Lane, Pool, queue_name
from warren.contracts.retries import RetryPolicy
from warren.contracts.services import installed_release, installed_services
from warren.errors import ConfigurationError
from warren.loading import without_collection
from warren.worker.declaration import configure
from warren.worker.discovery import AnyWorker, find_workers, import_reporting
from warren.worker.downstream import Downstream
from warren.worker.schedule import schedule_of
from warren.worker.subscribing import subscriptions_of


@dataclass(frozen=True, slots=True)
class Service:
    """A service package and its Worker classes, by kind and version."""

    name: str
    package: str
    #: None: that in which the package is installed.
    chosen_release: str | None
    workers: dict[tuple[str, int], AnyWorker]
    load: Callable[[], None] | None = None
    #: What the service itself counts, beside what every worker counts.
    numbers: Callable[[], CollectorRegistry] | None = None
    #: What it calls over HTTP, as its settings say.
    downstreams: Callable[[], Sequence[Downstream]] = tuple

    @property
    def release(self) -> str:
        """The version that is announced; "0" of a package that lies here without being installed.

        Looked up where it is asked for: every slot process would wait for it.
        """
        return self.chosen_release or _release(self.package)

    def for_pool(self, pool: Pool | None) -> "Service":
        """Only what runs on `pool`: workers of that pool, and those that need no particular one.

        Without a pool everything stays. Raises ConfigurationError if nothing is left.
        """
        workers = {
            key: worker
            for key, worker in self.workers.items()
            if pool is None or worker.pool in {None, pool}
        }
        if not workers:
            raise ConfigurationError(f"{self.package} has no job for the pool {pool}")
        return replace(self, workers=workers)

    def queues(self, lanes: Iterable[Lane]) -> list[str]:
        """The names of the queues to read, in the order in which lanes are served."""
        pools = sorted({worker.pool for worker in self.workers.values()}, key=str)
        order = [lane for lane in Lane if lane in set(lanes)]
        return [queue_name(self.name, lane, pool) for lane in order for pool in pools]

    def definitions(self) -> list[KindDefinition]:
        """What the service announces."""
        return [definition(self.name, worker) for worker in self.workers.values()]


def definition(service: str, worker: AnyWorker) -> KindDefinition:
    """One job kind as its Worker class declares it."""
    return KindDefinition(
        kind=worker.job_model.kind,
        version=worker.job_model.version,
        service=service,
        pool=worker.pool,
        lane=worker.lane,
        audience=worker.audience,
        description=inspect.getdoc(worker.job_model) or "",
        payload_schema=worker.submission_schema(),
        result_schema=TypeAdapter(worker.result_type).json_schema(mode="serialization"),
        max_retries=worker.max_retries,
        retry=retry_policy(worker),
        dead_letter=worker.dead_letter,
        soft_time_limit=worker.soft_time_limit,
        time_limit=worker.time_limit,
        isolation=worker.isolation,
        rate_limit=worker.rate_limit,
        burst=worker.burst,
        limit_key=worker.limit_key,
        rate_group=worker.rate_group,
        concurrency_key=worker.concurrency_key,
        concurrency_limit=worker.concurrency_limit,
        unique=worker.unique,
        schedule=schedule_of(worker),
        subscriptions=subscriptions_of(worker),
    )


def retry_policy(worker: AnyWorker) -> RetryPolicy:
    """How a worker's failed attempts are repeated."""
    return RetryPolicy(
        backoff=worker.retry_backoff,
        backoff_base=worker.retry_backoff_base,
        backoff_max=worker.retry_backoff_max,
        delay=worker.retry_delay,
        jitter=worker.retry_jitter,
        delays=None if worker.retry_delays is None else list(worker.retry_delays),
        max_age=worker.max_age,
    )


@without_collection()
def load_service(name: str) -> Service:
    """Import a service by package (`tts_worker`) or distribution name (`tts-worker`).

    Raises ConfigurationError if there is none, or if one of its modules cannot be imported, a
    Worker class is wrong, or two have one wire name.
    """
    package = name.replace("-", "_")
    if not all(map(str.isidentifier, package.split("."))) or not _exists(package):
        raise ConfigurationError(
            f"no service {name!r} is installed here or lies in {Path.cwd()}; installed: "
            + (", ".join(installed_services()) or "none")
        )
    root = import_reporting(package)
    service = getattr(root, "SERVICE", None)
    if not isinstance(service, str):
        raise ConfigurationError(
            f'{_place_of(root, package)} must name its service, for example SERVICE = "tts"'
        )
    queue_name(service, Lane.DEFAULT)
    workers = find_workers(package)
    for worker in workers.values():
        configure(worker)
    return Service(
        service,
        package,
        None,
        workers,
        _of_actors(package, "load"),
        _of_actors(package, "numbers"),
        partial(_downstreams_of, package),
    )


def _of_actors(package: str, name: str) -> Any:
    """A function of a service's `actors.py`: `load`, for what it has to do before its first job;
    `numbers`, for the registry of what it counts."""
    return getattr(sys.modules.get(f"{package}.actors"), name, None)


def _downstreams_of(package: str) -> Sequence[Downstream]:
    """What a service's `downstream.py` names, if there is one."""
    module = f"{package}.downstream"
    if not _exists(module):
        return []
    found: Sequence[Downstream] = import_reporting(module).downstreams()
    return found


def _place_of(root: ModuleType, package: str) -> str:
    return root.__file__ or f"{package}/__init__.py"


def _exists(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


@cache
def _release(package: str) -> str:
    if (release := installed_release(package)) is not None:
        return release
    # It reads what every installed package consists of: a third of a second.
    names = packages_distributions().get(package.partition(".")[0])
    try:
        return version(names[0]) if names else "0"
    except PackageNotFoundError:
        return "0"
