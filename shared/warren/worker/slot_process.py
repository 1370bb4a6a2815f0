"""The parent's side of a slot: gives jobs to its child, and replaces that."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from warren.errors import JobCancelled, TimeLimitExceeded, TransientError, Unavailable
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.load_numbers import load_numbers
from warren.worker.slot_child import SlotChild
from warren.worker.slot_messages import (
    RunMessage,
    SlotNotStarted,
    SlotReady,
    SpawnAnswer,
    SpawnRequest,
)
from warren.worker.slot_requests import SpawnRequests
from warren.worker.spawning import Publish
from warren.worker.verdict import Failure, JobFailed, Success
from warren.worker.wear import Wear, WearLimits, WireName, resident_memory

_START_POLL = 0.2
#: A cancelled job may end by itself for this long, noticed within the poll; both are far below the
#: two seconds within which it has to be gone.
_CANCEL_GRACE = 1.0
_CANCEL_POLL = 0.2
#: A child that is replaced may take so long to leave: what it runs at its exit is not important.
_LEAVE_TIMEOUT = 5.0


class SlotDied(TransientError):
    """The process of a job ended without an answer; `how` and with which last words on stderr."""

    def __init__(self, how: str, last_words: str = "") -> None:
        super().__init__(f"the job's process died ({how})")
        self.how = how
        self.last_words = last_words


class CancelledByForce(JobCancelled):
    """The job did not end by itself in time; its process was killed."""


class SlotUnavailable(Unavailable):
    """No process for the job could be started; it was not tried."""


_NO_LIMITS = WearLimits()


@dataclass(frozen=True, slots=True)
class SlotTerms:
    """What a child is for: jobs of these kinds, each with its own limits of wear beside those for
    all; and at most so much private memory (MiB).

    A child with a memory limit is for one job; its stderr is kept.
    """

    kinds: Mapping[WireName, WearLimits]
    limits: WearLimits = _NO_LIMITS
    memory_limit: int | None = None


class SlotProcess:
    """One long-lived child process that runs jobs; used by one thread at a time.

    `spawner` starts children from a thread that lives as long as this process does, because a
    slot dies with the thread that started it.
    """

    def __init__(
        self,
        package: str,
        spawner: Executor,
        *,
        start_timeout: float,
        terms: SlotTerms,
        shared: Path | None = None,
        intake: Publish | None = None,
    ) -> None:
        self._package = package
        self._requests = SpawnRequests(intake)
        self._terms = terms
        self._shared = shared
        self._spawner = spawner
        self._start_timeout = start_timeout
        self._child: SlotChild | None = None
        self._ready = False
        self._closing = False
        self._wear = self._fresh_wear()
        #: Why this child is to run no other job.
        self._worn: str | None = None
        self._log = structlog.get_logger("warren.worker")

    @property
    def pid(self) -> int | None:
        """The child's process id, None while there is none."""
        return self._child.pid if self._child else None

    @property
    def killed(self) -> bool:
        """Whether `kill` was called: then its death is no job's fault."""
        return self._closing

    @property
    def is_due(self) -> bool:
        """Whether a job should wait until `renew` has been called."""
        return not self._closing and (self._worn is not None or not self._ready)

    def renew(self, give_up: Callable[[], bool] = lambda: False) -> None:
        """Between two jobs: replace a child that is worn, and wait until the new one has loaded.

        Raises SlotUnavailable.
        """
        if self._worn is not None and not self._closing:
            self._log.info("a slot process is replaced", pid=self.pid, reason=self._worn)
            self.retire()
        self.wait_until_ready(lambda: self._closing or give_up())

    def retire(self) -> None:
        """Between two jobs: let the child leave; the next job starts another one."""
        self.close(_LEAVE_TIMEOUT)
        self._end()

    def start(self) -> None:
        """Start a fresh child; it loads its models while nobody waits yet."""
        self._spawner.submit(self._spawn).result(self._start_timeout)

    def wait_until_ready(self, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Wait for the child to have loaded; False if `give_up` does not want to wait longer.

        Raises SlotUnavailable with what the child said.
        """
        if self._ready and self._child is not None and not self._child.alive:
            self._log.warning("a slot process died while it was idle", how=self._end())
        if self._ready:
            return True
        if self._child is None:
            self.start()
        message = None
        deadline = time.monotonic() + self._start_timeout
        while message is None and time.monotonic() < deadline:
            if give_up():
                return False
            message = self._receive(time.monotonic() + _START_POLL)
        if not isinstance(message, SlotReady):
            raise self._not_started(message)
        load_numbers().loaded(message.loads)
        self._ready = True
        return True

    def _not_started(self, message: Any) -> SlotUnavailable:
        how = self._end()
        if isinstance(message, SlotNotStarted):
            reason = message.reason
        elif message is None:
            reason = f"not ready within {self._start_timeout:g} seconds"
        else:
            reason = how
        return SlotUnavailable(f"the process for {self._package}'s jobs did not start: {reason}")

    def run(
        self,
        run: Run,
        time_limit: float,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success:
        """Run one job in the child.

        Raises JobFailed with what the job reported, SlotDied if the child ended by itself,
        TimeLimitExceeded after `time_limit` seconds (the child is killed and replaced),
        CancelledByForce if it did not end soon after `cancellation` was made (likewise), and
        SlotUnavailable if no child could be started.
        """
        self.renew()
        cancellation.check()
        name = (run.kind, run.version)
        self._worn = self._wear.begun(name)
        try:
            success = self._converse(run, time_limit, report, cancellation)
        except JobFailed:
            self._worn = self._worn or self._wear.ended(name)
            raise
        except BaseException:
            # Whatever it was: the child may still be at it, and no other job may get its answer.
            self._replace()
            raise
        self._worn = self._worn or self._wear.ended(name)
        return success

    def run_last(
        self,
        run: Run,
        time_limit: float,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success:
        """Run one job as `run` does, and end the child with it."""
        try:
            if not self.wait_until_ready(lambda: self._closing):
                raise SlotDied("it was not started any more")
            cancellation.check()
            return self._converse(run, time_limit, report, cancellation)
        finally:
            self._end()

    def kill(self) -> None:
        """End the child for good, and what it has started; a running job gets SlotDied."""
        self._closing = True
        if (child := self._child) is not None:
            child.kill()

    def close(self, timeout: float) -> None:
        """Hang up and wait for the child to leave; kill it after `timeout` seconds."""
        if self._child is not None and not self._child.leave(timeout):
            self._end()

    def _converse(
        self,
        run: Run,
        time_limit: float,
        report: Callable[[Report], None],
        cancellation: CancelSignal,
    ) -> Success:
        deadline = time.monotonic() + time_limit
        give_up_at = float("inf")
        self._requests.forget()
        self._send(run)
        while True:
            now = time.monotonic()
            if cancellation.made and give_up_at == float("inf"):
                give_up_at = now + _CANCEL_GRACE
                if self._child is not None:
                    self._child.ask_to_end()
            message = self._next(min(deadline, give_up_at, now + _CANCEL_POLL))
            if isinstance(message, RunMessage):
                if (success := self._heed(run, message, report)) is not None:
                    return success
            elif message is not None:
                raise self._death()
            self._check_time(time_limit, deadline, give_up_at)

    def _heed(
        self, run: Run, message: RunMessage, report: Callable[[Report], None]
    ) -> Success | None:
        """The result, once it is there; raises JobFailed."""
        content = message.content
        if message.run_id != run.run_id:
            self._log.error(
                "a slot spoke of another run than the one it was given; that is left out",
                task=str(run.task_id),
                said=type(content).__name__,
            )
        elif isinstance(content, Success):
            return content
        elif isinstance(content, Failure):
            raise JobFailed(content)
        elif isinstance(content, SpawnRequest):
            self._requests.take(content)
        else:
            report(content)
        return None

    def _check_time(self, time_limit: float, deadline: float, give_up_at: float) -> None:
        if time.monotonic() >= give_up_at:
            raise CancelledByForce("the task was cancelled; its process was killed")
        if time.monotonic() >= deadline:
            raise TimeLimitExceeded(
                f"still running after {time_limit:g} seconds; its process was killed"
            )

    def _send(self, message: Run | SpawnAnswer) -> None:
        if self._child is not None:
            self._child.send(message)

    def _next(self, deadline: float) -> Any:
        """As `_receive`; while the child waits for an answer, that is given to it instead."""
        if not self._requests.open:
            return self._receive(deadline)
        if (answer := self._requests.answer(max(0.0, deadline - time.monotonic()))) is not None:
            self._send(answer)
        return None

    def _receive(self, deadline: float) -> Any:
        return EOFError if self._child is None else self._child.receive(deadline)

    def _replace(self) -> None:
        self._end()
        if self._closing:
            return
        try:
            self.start()
        except (OSError, TimeoutError) as error:
            # The next job tries again, and waits if that fails too.
            self._log.error("a slot process could not be started", error=str(error))

    def _death(self) -> SlotDied:
        child, how = self._child, self._end()
        return SlotDied(how, child.last_words() if child is not None else "")

    def _end(self) -> str:
        """Make sure that the child is gone; says how it ended."""
        self._ready = False
        child, self._child = self._child, None
        return child.end() if child is not None else "it was not running"

    def _fresh_wear(self) -> Wear:
        return Wear(self._terms.limits, self._terms.kinds, lambda: resident_memory(self.pid))

    def _spawn(self) -> None:
        self._wear, self._worn = self._fresh_wear(), None
        self._child = SlotChild(
            self._package, self._terms.kinds, self._terms.memory_limit, self._shared
        )
