"""The effect log: one line for each beginning and each end of an execution, and for each effect.

Lines go to the file that CHAOS_EFFECT_LOG names, each by one write with O_APPEND: processes that
are killed at any instruction leave whole lines or none.
"""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

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


def write_effect(context: JobContext, step: str) -> None:
    """Write to a sink outside, which takes each key once.

    Each write is logged, and whether the sink took it.
    """

    def write(key: str) -> str:
        _write(context, "write", step=step)
        if _is_taken_by_the_sink(key):
            _write(context, "effect", step=step)
        return key

    context.effect(step).once(write)


@contextmanager
def write_spawn(context: JobContext, key: str) -> Iterator[None]:
    """Log that the block asks for what has this key, and that it was told that it will come."""
    _write(context, "spawn", key=key)
    yield
    _write(context, "spawned", key=key)


def _is_taken_by_the_sink(key: str) -> bool:
    sink = Path(os.environ[PATH_VARIABLE]).parent / "sink"
    sink.mkdir(exist_ok=True)
    try:
        os.close(os.open(sink / key, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
    except FileExistsError:
        return False
    return True


def _write(context: JobContext, event: str, **more: str) -> None:
    line = {
        **more,
        "event": event,
        "task": str(context.task_id),
        "customer": str(context.customer_id),
        "generation": context.generation,
        "dispatch": context.dispatch,
        "attempt": context.attempt,
        "run": str(context.run_id),
        "process": os.environ.get(PROCESS_VARIABLE, ""),
        "pid": os.getpid(),
        "apart": _runs_apart(),
        "mono": time.monotonic(),
        "wall": time.time(),
    }
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(os.environ[PATH_VARIABLE], flags, 0o644)
    try:
        os.write(descriptor, json.dumps(line).encode() + b"\n")
    finally:
        os.close(descriptor)


@cache
def _runs_apart() -> bool:
    """Whether this is a slot process: of a kind with threads, one of a job that runs alone."""
    return b"warren.worker.slot" in Path("/proc/self/cmdline").read_bytes()
