"""The effect log: one line for each beginning and each end of an execution.

Lines go to the file that CHAOS_EFFECT_LOG names, each by one write with O_APPEND: processes that
are killed at any instruction leave whole lines or none.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from warren.worker import JobContext

PATH_VARIABLE = "CHAOS_EFFECT_LOG"
#: The name of the stack's process, given to each by the harness.
PROCESS_VARIABLE = "CHAOS_PROCESS"


@contextmanager
def logged_execution(context: JobContext) -> Iterator[None]:
    """Log the begin of the block, and its end with what it raised."""
    _write(context, "start")
    try:
        yield
    except BaseException as error:
        _write(context, f"raised {type(error).__name__}")
        raise
    _write(context, "ok")


def _write(context: JobContext, event: str) -> None:
    line = {
        "event": event,
        "task": str(context.task_id),
        "generation": context.generation,
        "dispatch": context.dispatch,
        "attempt": context.attempt,
        "run": str(context.run_id),
        "process": os.environ.get(PROCESS_VARIABLE, ""),
        "pid": os.getpid(),
        "mono": time.monotonic(),
        "wall": time.time(),
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(os.environ[PATH_VARIABLE], flags, 0o644)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
    finally:
        os.close(descriptor)
