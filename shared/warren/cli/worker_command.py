"""`warren worker SERVICE`: runs a service's jobs in the foreground."""

import os
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warren.cli.worker_options import (
    AsyncJobs,
    Isolation,
    MaxMemoryMb,
    MaxTasksPerChild,
    ReservedSlots,
    as_arguments,
    given,
)
from warren.contracts.lanes import Lane, Pool
from warren.errors import ConfigurationError, WarrenError

if TYPE_CHECKING:
    from warren.worker.settings import WorkerSettings
    from warren.worker.stop_request import StopRequest

#: Seconds beyond its grace period that a child may take to say its last words.
_LAST_WORDS = 15.0


def worker(
    service: Annotated[
        str, typer.Argument(help="The service, as package or distribution: tts-worker.")
    ],
    lanes: Annotated[
        str, typer.Option(help="Lanes to serve, separated by commas.")
    ] = "critical,default,low",
    pool: Annotated[
        Pool | None, typer.Option(help="Only jobs for this hardware; all if left out.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Jobs at once in a process.")] = 2,
    processes: Annotated[int, typer.Option(min=1, help="Processes to run.")] = 1,
    name: Annotated[
        str | None, typer.Option(help="How it appears in lists and logs; the host's if left out.")
    ] = None,
    isolation: Isolation = None,
    async_jobs: AsyncJobs = None,
    reserved_slots: ReservedSlots = None,
    max_tasks_per_child: MaxTasksPerChild = None,
    max_memory_mb: MaxMemoryMb = None,
    metrics_port: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Run a service's jobs until SIGTERM or Ctrl-C; a second one does not wait for them."""
    from warren.observability.logging import configure_logging
    from warren.worker.settings import WorkerSettings
    from warren.worker.stop_request import StopRequest

    options = given(
        isolation=isolation,
        async_jobs=async_jobs,
        reserved_slots=reserved_slots,
        max_tasks_per_child=max_tasks_per_child,
        max_memory_mb=max_memory_mb,
    )
    settings = WorkerSettings(**options, **given(worker_metrics_port=metrics_port))  # type: ignore[arg-type]
    configure_logging(settings.log_format, settings.log_level)
    chosen = parse_lanes(lanes)
    shown = name or f"{service}@{socket.gethostname()}"
    stop = StopRequest()
    with stop.on_signals():
        if processes > 1:
            arguments = [service, "--lanes", lanes, "--concurrency", str(concurrency)]
            arguments += ["--pool", pool.value] if pool else []
            arguments += as_arguments(options)
            code = _supervise(arguments, shown, processes, settings, stop)
        else:
            code = _work(service, chosen, pool, concurrency, shown, settings, stop)
    raise typer.Exit(code)


def parse_lanes(text: str) -> list[Lane]:
    """Lanes from a list with commas; raises ConfigurationError naming an unknown one."""
    lanes = []
    for word in filter(None, (part.strip() for part in text.split(","))):
        if word not in set(Lane):
            raise ConfigurationError(f"unknown lane {word!r}: give some of {', '.join(Lane)}")
        lanes.append(Lane(word))
    if not lanes:
        raise ConfigurationError("no lane is given: for example --lanes critical,default,low")
    return lanes


def find_services_here() -> None:
    """Let a service be found in the working directory, too; what is installed goes first."""
    here = str(Path.cwd())
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)


def _supervise(
    arguments: list[str],
    name: str,
    processes: int,
    settings: "WorkerSettings",
    stop: "StopRequest",
) -> int:
    from warren.worker.supervisor import Supervisor

    command = [sys.executable, "-m", "warren.cli.worker_command", *arguments]
    first = settings.worker_metrics_port
    commands = [
        [*command, "--name", f"{name}-{n}", "--metrics-port", str(first and first + n - 1)]
        for n in range(1, processes + 1)
    ]
    return Supervisor(commands, patience=settings.grace_seconds + _LAST_WORDS).run(stop)


def _work(
    service: str,
    lanes: list[Lane],
    pool: Pool | None,
    concurrency: int,
    name: str,
    settings: "WorkerSettings",
    stop: "StopRequest",
) -> int:
    from warren.cli.job_table import list_jobs
    from warren.loading import keep_loaded
    from warren.worker.assignment import Assignment, Ending
    from warren.worker.catalogue import load_service
    from warren.worker.isolation import with_isolation
    from warren.worker.loaded_signal import tell_loaded
    from warren.worker.parent_death import signal_on_parent_death
    from warren.worker.process import WorkerProcess
    from warren.worker.supervisor import SUPERVISOR_VARIABLE

    supervisor = os.environ.get(SUPERVISOR_VARIABLE)
    if supervisor and not signal_on_parent_death(signal.SIGTERM, int(supervisor)):
        return 1
    find_services_here()
    chosen = with_isolation(load_service(service), settings.isolation).for_pool(pool)
    list_jobs(chosen)
    process = WorkerProcess(chosen, Assignment(lanes, concurrency, name), settings)
    tell_loaded()
    keep_loaded()
    ending = process.run(stop)
    if ending is Ending.RECYCLE:
        stop.hold_back()
    if ending is Ending.RECYCLE and not stop.made:
        # The same program in the same process: nobody has to notice, and no thread survives it.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606
    code = 1 if ending is Ending.LEFT_JOBS else 0
    if process.left_threads:
        # The interpreter would wait for them, for as long as they like.
        os._exit(code)
    return code


def main() -> None:
    """The command alone, as the supervisor starts it: without loading the other commands."""
    from warren.worker.supervisor import MISCONFIGURED

    try:
        typer.run(worker)
    except WarrenError as error:
        sys.stderr.write(f"warren worker: {error}\n")
        sys.exit(MISCONFIGURED if isinstance(error, ConfigurationError) else 1)


if __name__ == "__main__":
    main()
