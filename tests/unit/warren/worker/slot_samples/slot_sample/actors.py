"""Jobs that sleep, compute natively, crash or fail; `load` counts how often slots load."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar

from warren.contracts.ids import new_id
from warren.contracts.job import Job
from warren.errors import PermanentError
from warren.worker import JobContext, Worker
from warren.worker.slot_messages import RunMessage
from warren.worker.verdict import Success

_leaked: list[bytes] = []


class Act(Job):
    kind: ClassVar[str] = "slots.act"

    what: str
    number: int = 0


class ActWorker(Worker[Act, dict[str, Any]]):
    isolation = "process"
    # Longer than a busy machine makes a quick job wait.
    soft_time_limit = 60
    time_limit = 600

    def perform(self, job: Act, context: JobContext) -> dict[str, Any]:
        action: Any = getattr(self, f"_{job.what}")
        answer: dict[str, Any] = action(job, context)
        return answer

    def _tell(self, job: Act, context: JobContext) -> dict[str, Any]:
        context.progress(50, "half")
        context.artifacts.save("out.txt", b"content", "text/plain")
        return {"pid": os.getpid(), "tmp": os.environ["TMPDIR"]}

    def _exit(self, job: Act, context: JobContext) -> dict[str, Any]:
        os._exit(job.number)

    def _crash(self, job: Act, context: JobContext) -> dict[str, Any]:
        os.kill(os.getpid(), signal.SIGSEGV)
        return {}

    def _tell_of_another(self, job: Act, context: JobContext) -> dict[str, Any]:
        # As if an earlier job's answer came late.
        with Connection(os.dup(int(sys.argv[2])), readable=False) as pipe:
            pipe.send(RunMessage(new_id(), Success({"pid": 0})))
        return self._tell(job, context)

    def _sleep(self, job: Act, context: JobContext) -> dict[str, Any]:
        time.sleep(60)
        return {}

    def _step(self, job: Act, context: JobContext) -> dict[str, Any]:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for step in range(1000):
            context.progress(step / 10)
            time.sleep(0.05)
        return {}

    def _helper(self, job: Act, context: JobContext) -> dict[str, Any]:
        helper = subprocess.Popen(["sleep", "300"])
        Path(os.environ["HELPER_PID_FILE"]).write_text(str(helper.pid))
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(60)
        return {}

    def _svd(self, job: Act, context: JobContext) -> dict[str, Any]:
        # On a busy machine the soft limit could end the preparations; only the hard one counts.
        signal.setitimer(signal.ITIMER_REAL, 0)
        context.progress(10, "computing")
        import numpy as np

        matrix = np.random.default_rng(1).random((3000, 3000))
        np.linalg.svd(matrix)
        return {}

    def _stuck(self, job: Act, context: JobContext) -> dict[str, Any]:
        # Native code that no signal interrupts, and that leaves the processor to others.
        signal.setitimer(signal.ITIMER_REAL, 0)
        context.progress(10, "waiting")
        mutex, library = ctypes.create_string_buffer(128), ctypes.CDLL(None)
        for _ in range(2):
            library.pthread_mutex_lock(mutex)
        return {}

    def _fail(self, job: Act, context: JobContext) -> dict[str, Any]:
        raise PermanentError("will not work: password=hunter2")

    def _leak(self, job: Act, context: JobContext) -> dict[str, Any]:
        _leaked.append(b"x" * (job.number << 20))
        return {}

    def _allocate(self, job: Act, context: JobContext) -> dict[str, Any]:
        return {"bytes": len(bytearray(job.number << 20))}


class ActWithinASecond(Act):
    kind: ClassVar[str] = "slots.limited"


class ActWithinASecondWorker(Worker[ActWithinASecond, dict[str, Any]]):
    isolation = "process"
    soft_time_limit = 1.0
    time_limit = 600

    def perform(self, job: ActWithinASecond, context: JobContext) -> dict[str, Any]:
        return ActWorker().perform(job, context)


class ActInThread(Act):
    kind: ClassVar[str] = "slots.thread"


class ActInThreadWorker(Worker[ActInThread, dict[str, Any]]):
    time_limit = 600

    def perform(self, job: ActInThread, context: JobContext) -> dict[str, Any]:
        return ActWorker().perform(job, context)


def load() -> None:
    """Note that a slot has loaded; refuse if told so."""
    with Path(os.environ["LOADED_FILE"]).open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(float(os.environ.get("SLOW_LOAD", "0")))
    if os.environ.get("REFUSE_LOAD"):
        raise FileNotFoundError("voices.bin is not there")
