"""Serving HTTP until told to leave, with an exit code that says what became of the requests."""

import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import uvicorn


def leave_on_signals() -> None:
    """Let SIGTERM and SIGINT end the process with exit code 0 from now on. Main thread only."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)


class LeavingServer(uvicorn.Server):
    """Answers what was asked before it leaves, for its `timeout_graceful_shutdown` at most.

    `exit_code` is 0 once all requests have ended by themselves.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.exit_code = 1

    def run_to_exit(self, listening: socket.socket) -> NoReturn:
        """Serve until SIGTERM or SIGINT; a second SIGINT cuts off what has not ended by then.

        Raises SystemExit: with 1 if a request was cut off or the application did not start, else
        with 0. After `leave_on_signals`, main thread only.
        """
        with suppress(SystemExit):
            self.run(sockets=[listening])
        raise SystemExit(self.exit_code)

    async def _wait_tasks_to_complete(self) -> None:
        # uvicorn tells nobody whether it was in time: it cancels this when it has waited for long
        # enough, and what is left by the end of `shutdown` says nothing of what was cut off.
        await super()._wait_tasks_to_complete()
        self.exit_code = int(self.force_exit)


def _leave(_number: int, _frame: FrameType | None) -> None:
    """uvicorn, when it has stopped, repeats the signal for whoever handled it before: for us."""
    raise SystemExit(0)
