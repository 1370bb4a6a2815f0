"""A slot process's end of the pipe to its parent."""

import threading
from multiprocessing.connection import Connection
from uuid import UUID

from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.slot_messages import RunMessage, SpawnAnswer, SpawnRequest
from warren.worker.soft_limit import SoftLimit
from warren.worker.spawning import refused
from warren.worker.verdict import Failure, Success

_POLL = 0.1


class SlotLine:
    """Says how the present run goes, and asks the parent for what only that can do.

    A job's threads and the timer of its progress may speak at once; the soft limit interrupts
    nobody in the middle of a message.
    """

    def __init__(self, connection: Connection, limit: SoftLimit) -> None:
        self._connection = connection
        self._limit = limit
        self._saying = threading.Lock()
        self._asking = threading.Lock()
        self._asked = 0
        self._run_id: UUID | None = None

    def next_run(self) -> Run | None:
        """Wait for a job; None when the parent has hung up.

        Whoever of the last run is still asking, in a thread that its job left behind, stops first.
        """
        self._run_id = None
        with self._asking:
            while True:
                try:
                    message = self._connection.recv()
                except EOFError:
                    return None
                # An answer that nobody waited for any more is left out.
                if isinstance(message, Run):
                    self._run_id = message.run_id
                    return message

    def say(self, run: Run, content: Report | Success | Failure | SpawnRequest) -> None:
        """Tell the parent; raises BrokenPipeError when it has hung up."""
        with self._limit.deferred(), self._saying:
            self._connection.send(RunMessage(run.run_id, content))

    def spawn(self, run: Run, body: bytes, cancellation: CancelSignal) -> None:
        """Have the parent publish a command to the intake; return when it is confirmed.

        Raises Unavailable if it is not, and what ends the run.
        """
        with self._asking:
            cancellation.check_wanted()
            self._asked += 1
            number = self._asked
            self.say(run, SpawnRequest(number, body))
            while (answer := self._answer(number)) is None:
                cancellation.check_wanted()
        if answer.problem is not None:
            raise refused(answer.problem)

    def _answer(self, number: int) -> SpawnAnswer | None:
        with self._limit.deferred():
            if not self._connection.poll(_POLL):
                return None
            try:
                message = self._connection.recv()
            except EOFError:
                raise BrokenPipeError("the parent has hung up") from None
        return message if isinstance(message, SpawnAnswer) and message.number == number else None
