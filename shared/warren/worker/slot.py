"""A slot process: runs one job after the other for its parent (`python -m warren.worker.slot`).

It holds the loaded models, speaks with its parent over an inherited pipe, and dies with it.
"""

import faulthandler
import resource
import signal
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection

from warren.artifacts.store import ArtifactStore
from warren.observability.logging import configure_logging
from warren.providers import process_board
from warren.providers.notice import NoticeReader
from warren.settings import Settings
from warren.worker.cancel_signal import CancelSignal
from warren.worker.catalogue import Service, load_service
from warren.worker.execution import Execution
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.load_numbers import load_numbers
from warren.worker.parent_death import signal_on_parent_death
from warren.worker.shared import Shared
from warren.worker.slot_line import SlotLine
from warren.worker.slot_messages import SlotNotStarted, SlotReady
from warren.worker.soft_limit import SoftLimit
from warren.worker.spawning import Send
from warren.worker.verdict import Failure, Success, error_info, failure_of
from warren.worker.wear import WireName


def main(
    package: str,
    descriptor: int,
    parent: int,
    kinds: str,
    memory_limit: int,
    folder: str | None = None,
) -> int:
    """Serve `parent` over the pipe `descriptor` until it hangs up; returns the exit code.

    Only for jobs of `kinds` (`tts.synthesize@1`, separated by commas); with a
    `memory_limit` (MiB of private memory) unless that is 0. What stands in `folder` is shared
    with the parent.
    """
    # Where native code crashes, stderr says in which call of which job.
    faulthandler.enable()
    # The terminal's and the supervisor's signals are meant for the parent, which decides for us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not signal_on_parent_death(signal.SIGKILL, parent):
        return 1
    settings = Settings()
    configure_logging(settings.log_format, settings.log_level)
    connection = Connection(descriptor)
    try:
        limit_memory(memory_limit)
        executions = _prepare(package, settings, _wire_names(kinds), Shared.found(folder))
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent has to tell it
        info = error_info(error)
        connection.send(SlotNotStarted(f"{info.type}: {info.message}\n{info.traceback}"))
        return 1
    # Before the first job: unhandled, this signal ends a process.
    cancellations = Cancellations()
    # The parent may hang up at any time, also while this loads.
    with suppress(BrokenPipeError):
        connection.send(SlotReady(load_numbers().seconds))
        limit = SoftLimit()
        line = SlotLine(connection, limit)
        _serve(line, limit, executions, cancellations, confined=memory_limit > 0)
    return 0


def limit_memory(mebibytes: int) -> None:
    """Let allocations beyond this much private memory fail in this process; 0 is no limit."""
    if mebibytes:
        limit = mebibytes << 20
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _prepare(
    package: str, settings: Settings, names: Collection[WireName], shared: Shared | None
) -> dict[WireName, Execution]:
    from warren.artifacts import open_store

    service = load_service(package)
    store: ArtifactStore = open_store(settings.artifacts_url)
    if shared is None:
        return warmed_up(service, names, store)
    process_board().follow(NoticeReader(shared.notice))
    return warmed_up(service, names, store, shared.contact.is_sure)


def _wire_names(text: str) -> list[WireName]:
    pairs = (word.rpartition("@") for word in text.split(","))
    return [(kind, int(version)) for kind, _, version in pairs]


def warmed_up(
    service: Service,
    names: Collection[WireName],
    store: ArtifactStore,
    is_sure: Callable[[], bool] = lambda: True,
) -> dict[WireName, Execution]:
    """Executions of these kinds, after loading what they need at the start.

    Nothing is loaded when there are none.
    """
    workers = {name: service.workers[name] for name in names}
    if workers and service.load is not None:
        service.load()
    executions = {name: Execution(w, store, is_sure) for name, w in workers.items()}
    for execution in executions.values():
        execution.warm_up_at_start()
    return executions


def _serve(
    line: SlotLine,
    limit: SoftLimit,
    executions: dict[WireName, Execution],
    cancellations: "Cancellations",
    *,
    confined: bool,
) -> None:
    while (run := line.next_run()) is not None:
        execution, cancellation = executions[run.kind, run.version], cancellations.begin()
        say = partial(line.say, run)
        process_board().tell_to(say)
        answer = _answer(say, execution, run, limit, cancellation, partial(line.spawn, run))
        if confined and isinstance(answer, Failure) and answer.out_of_memory:
            # It would take its neighbours' memory, and perhaps their process, the next time too.
            answer = replace(answer, category="permanent")
        say(answer)


def _answer(
    say: Callable[[Report], None],
    execution: Execution,
    run: Run,
    limit: SoftLimit,
    cancellation: CancelSignal,
    send: Send,
) -> Success | Failure:
    try:
        with limit.of(execution.soft_time_limit):
            return execution.execute(run, say, cancellation, send)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - any error of a job is an answer
        return failure_of(error)


class Cancellations:
    """Makes the running job's CancelSignal when the parent sends SIGUSR1.

    Nothing is raised here: a message half written to the parent would block the pipe. What has no
    checkpoint is ended by the parent.
    """

    def __init__(self) -> None:
        self._current = CancelSignal()
        signal.signal(signal.SIGUSR1, lambda _number, _frame: self._current.make())

    def begin(self) -> CancelSignal:
        """The signal of the next job."""
        self._current = CancelSignal()
        return self._current


if __name__ == "__main__":
    sys.exit(
        main(
            sys.argv[1],
            int(sys.argv[2]),
            int(sys.argv[3]),
            sys.argv[4],
            int(sys.argv[5]),
            *sys.argv[6:7],
        )
    )
