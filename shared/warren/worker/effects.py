"""Writes to the outside that happen once for a task, however often its job runs."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import UUID

import orjson

from warren.errors import PermanentError, Unavailable
from warren.worker.cancel_signal import CancelSignal
from warren.worker.job_artifacts import Store
from warren.worker.job_run import Run

MAX_RECEIPT_BYTES = 48 * 1024
#: Seconds that a write waits for the broker to answer before the job is put off.
PATIENCE = 20.0
_POLL = 0.05
_STEP = "effect:"


class ReceiptNotStorable(PermanentError):
    """What an effect gave as its receipt is no JSON, or too large to be kept."""


class OutOfTouch(Unavailable):
    """The broker does not answer: the task may be cancelled without our knowing."""


class EffectGate:
    """Lets a write begin only while the run is surely still wanted.

    `is_sure` says whether a cancellation that was asked for would be known here.
    """

    def __init__(
        self,
        cancellation: CancelSignal,
        is_sure: Callable[[], bool] = lambda: True,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._cancellation = cancellation
        self._is_sure = is_sure
        self._patience = patience

    def run(self, write: Callable[[], Any]) -> Any:
        """What `write` returns.

        Raises JobCancelled, RunGivenUp or OutOfTouch without calling it.
        """
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            with self._cancellation.writing():
                if self._is_sure():
                    return write()
            threading.Event().wait(_POLL)
        raise self._out_of_touch()

    async def run_async(self, write: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """The same for a coroutine. One that has begun is let finish, as a thread would finish it,
        also when its job is cancelled meanwhile; cancelled a second time, it ends at once.
        """
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            with self._cancellation.writing():
                if self._is_sure():
                    return await _to_its_end(write())
            await asyncio.sleep(_POLL)
        raise self._out_of_touch()

    def _out_of_touch(self) -> OutOfTouch:
        return OutOfTouch(
            f"the broker has not answered for {self._patience:g} seconds: nothing is written "
            "before it is known that the task is still wanted"
        )


class Effect:
    """One effect of a task: recorded under (task, key), whatever the attempt or generation."""

    def __init__(self, store: Store, run: Run, key: str, gate: EffectGate) -> None:
        if not key:
            raise ValueError("an effect needs a key that is the same in every run of its task")
        self._store = store
        self._run = run
        self._key = key
        self._gate = gate

    @property
    def idempotency_key(self) -> str:
        """For the sink: the same in every run of the task, different for every key."""
        return f"{self._run.task_id}:{self._key}"

    def receipt(self) -> Any:
        """What the effect that was recorded has given; None if none is recorded."""
        document = self._store.get_manifest(self._run.task_id, _STEP + self._key)
        return None if document is None else document["receipt"]

    def once(self, write: Callable[[str], Any]) -> Any:
        """Call `write(idempotency_key)` and record what it returns, unless that is recorded.

        Returns the recorded receipt (JSON, 48 KiB at most; None is recorded as true). A process
        that dies between write and record leaves a write without record: the next run calls `write`
        again with the same key, so the sink must recognise the key, or overwrite with the same.
        Raises what `write` raises, and what `EffectGate.run` raises instead of writing.
        """
        known = self.receipt()
        if known is not None:
            return known
        return self._gate.run(lambda: self._write_unless_recorded(write))

    async def once_async(self, write: Callable[[str], Awaitable[Any]]) -> Any:
        """As `once`, for an `async` job: `write` is a coroutine function."""
        known = await asyncio.to_thread(self.receipt)
        if known is not None:
            return known

        async def write_and_record() -> Any:
            receipt = await write(self.idempotency_key)
            return await asyncio.to_thread(self._record, receipt)

        return await self._gate.run_async(write_and_record)

    def put(self, document: Any) -> Any:
        """Make `document` the effect itself: the first run's is recorded, and given to all."""
        return self.once(lambda _key: document)

    def _write_unless_recorded(self, write: Callable[[str], Any]) -> Any:
        # Looked up behind the gate: another run may have written while this one waited for it.
        known = self.receipt()
        return self._record(write(self.idempotency_key)) if known is None else known

    def _record(self, receipt: Any) -> Any:
        document = {
            "receipt": True if receipt is None else receipt,
            "run_id": str(self._run.run_id),
            "generation": self._run.generation,
            "attempt": self._run.attempt,
        }
        _check(self._run.task_id, self._key, document)
        kept = self._store.put_manifest(self._run.task_id, _STEP + self._key, document)
        return kept["receipt"]


async def _to_its_end(write: Coroutine[Any, Any, Any]) -> Any:
    writing = asyncio.ensure_future(write)
    try:
        return await asyncio.shield(writing)
    except asyncio.CancelledError:
        try:
            await asyncio.wait([writing])
        except asyncio.CancelledError:
            writing.cancel()
        raise


def _check(task_id: UUID, key: str, document: dict[str, Any]) -> None:
    try:
        size = len(orjson.dumps(document))
    except TypeError as error:
        raise ReceiptNotStorable(
            f"effect {key!r} of task {task_id} happened, but its receipt is no JSON: {error}"
        ) from error
    if size > MAX_RECEIPT_BYTES:
        raise ReceiptNotStorable(
            f"effect {key!r} of task {task_id} happened, but its receipt has {size} bytes: "
            f"return at most {MAX_RECEIPT_BYTES}, or save an artifact and return its id"
        )
