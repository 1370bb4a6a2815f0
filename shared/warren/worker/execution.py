"""Runs one job where it stands: decode, look for an earlier outcome, perform, keep the outcome."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from contextvars import copy_context
from functools import partial
from typing import Any

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from warren.artifacts import ArtifactMissing
from warren.client.surroundings import inside_job
from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import EmittedEvent, is_event_type
from warren.contracts.job import Job
from warren.contracts.submission import MAX_PAYLOAD_BYTES
from warren.errors import PermanentError, RejectedInput
from warren.worker.base import Worker, is_async
from warren.worker.cancel_signal import CancelSignal
from warren.worker.context import JobContext
from warren.worker.job_artifacts import OUTCOME_STEP, Store
from warren.worker.job_loop import JobLoop, bounded
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.job_scope import JobScope
from warren.worker.spawning import Send, unconnected
from warren.worker.verdict import Success
from warren.worker.warming import WarmUp

MAX_RESULT_BYTES = 48 * 1024


class ResultNotSerializable(PermanentError):
    """`perform` returned something that its result model cannot write as JSON."""


class EventNotSerializable(PermanentError):
    """`perform` emitted an event with a type that is none, or data that JSON cannot hold."""


class EventTooLarge(PermanentError):
    """`perform` emitted an event that no subscriber's task could carry."""


class _Manifest(BaseModel):
    """An outcome as it is kept beside the files it names."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    result: Any = None
    artifacts: tuple[ArtifactRef, ...] = ()
    events: tuple[EmittedEvent, ...] = ()
    #: Whose run kept it, and whether that run had asked for other tasks.
    generation: int = 1
    has_children: bool = False

    def success(self) -> Success:
        return Success(self.result, self.artifacts, self.events)


class Execution:
    """Executes runs of one Worker class; used alike by threads and by slot processes.

    `is_sure` says whether a cancellation would be known here (warren.worker.contact).
    """

    def __init__(
        self,
        worker: type[Worker[Any, Any]],
        store: Store,
        is_sure: Callable[[], bool] = lambda: True,
    ) -> None:
        self._worker = worker()
        self._store = store
        self._is_sure = is_sure
        self._result: TypeAdapter[Any] = TypeAdapter(worker.result_type)
        self._warm_up = WarmUp(worker)
        self._is_async = is_async(worker)

    @property
    def is_async(self) -> bool:
        """Whether the job is a coroutine, which `begin` can run in the loop of its process."""
        return self._is_async

    @property
    def soft_time_limit(self) -> float:
        """Of the Worker class, in seconds."""
        return self._worker.soft_time_limit

    def warm_up_at_start(self) -> None:
        """Load what jobs of this class need, unless it waits for the first of them."""
        self._warm_up.at_start()

    def execute(
        self,
        run: Run,
        report: Callable[[Report], None],
        cancellation: CancelSignal | None = None,
        send: Send = unconnected,
    ) -> Success:
        """Perform the job, or answer with the outcome that an earlier run of its task has kept.

        Raises what the job raises, RejectedInput for a payload that does not fit, and JobCancelled
        at the job's next checkpoint after `cancellation` was made. `send` takes the commands by
        which the job asks for tasks. An `async` job gets an event loop of its own.
        """
        with _logging(run):
            if (kept := self._kept_outcome(run)) is not None:
                return kept
            scope = self._open(run, report, cancellation, send)
            try:
                with inside_job(run.task_id, scope.entrance):
                    result = self._worker.perform(scope.job, scope.context)
                    if inspect.iscoroutine(result):
                        result = asyncio.run(self._bounded(scope, result))
                return self._conclude(scope, result)
            finally:
                scope.close()

    def begin(
        self,
        loop: JobLoop,
        run: Run,
        report: Callable[[Report], None],
        cancellation: CancelSignal | None = None,
        send: Send = unconnected,
    ) -> "Future[Success]":
        """As `execute`, for an `async` job in the loop of its process: returns when it has begun.

        Raises what is known by then; the future has the rest.
        """
        with _logging(run):
            if (kept := self._kept_outcome(run)) is not None:
                done: Future[Success] = Future()
                done.set_result(kept)
                return done
            scope = self._open(run, report, cancellation, send)
            return loop.run(partial(self._perform_in_loop, scope))

    async def _perform_in_loop(self, scope: JobScope, concluding: Executor) -> Success:
        loop = asyncio.get_running_loop()
        with _logging(scope.run):
            try:
                with inside_job(scope.run.task_id, scope.entrance):
                    job: Any = self._worker.perform(scope.job, scope.context)
                    result = await self._bounded(scope, job)
                conclude = partial(copy_context().run, self._conclude, scope, result)
                return await loop.run_in_executor(concluding, conclude)
            finally:
                await loop.run_in_executor(concluding, scope.close)

    async def _bounded(self, scope: JobScope, job: Coroutine[Any, Any, Any]) -> Any:
        limit = self._worker.soft_time_limit
        return await bounded(scope.run.run_id, job, scope.cancellation, limit)

    def _kept_outcome(self, run: Run) -> Success | None:
        if not run.repeated:
            return None
        document = self._store.get_manifest(run.task_id, OUTCOME_STEP)
        if document is None:
            return None
        manifest = _Manifest.model_validate(document)
        if manifest.has_children and manifest.generation < run.generation:
            return None  # cancelled, it may have lost them: this run asks for them again
        if not self._has_files(manifest):
            self._store.forget_manifest(run.task_id, OUTCOME_STEP)
            return None  # no row told of them for days, and they were cleaned up: made anew
        structlog.get_logger("warren.worker").info("an earlier run has finished this task already")
        return manifest.success()

    def _has_files(self, manifest: _Manifest) -> bool:
        """Whether all files of an outcome are there; what lies in the trash comes back."""
        try:
            for reference in manifest.artifacts:
                self._store.stat(reference.sha256)
        except ArtifactMissing:
            return False
        return True

    def _open(
        self,
        run: Run,
        report: Callable[[Report], None],
        cancellation: CancelSignal | None,
        send: Send,
    ) -> JobScope:
        self._warm_up.ensure()
        return JobScope(
            run,
            self._decode(run.payload),
            self._store,
            report=report,
            cancellation=cancellation or CancelSignal(),
            send=send,
            is_sure=self._is_sure,
            soft_time_limit=self._worker.soft_time_limit,
        )

    def _conclude(self, scope: JobScope, result: Any) -> Success:
        # What is kept now is the outcome of every later run.
        scope.cancellation.check()
        return self._keep(scope.run, self._success(result, scope.context), scope.entrance.has_asked)

    def _decode(self, payload: Any) -> Job:
        try:
            return self._worker.job_model.model_validate(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or None
            raise RejectedInput(
                f"the payload does not fit {self._worker.job_model.kind}: "
                f"{field or 'payload'}: {first['msg']}",
                field=field,
            ) from None

    def _success(self, result: Any, context: JobContext) -> Success:
        try:
            data = orjson.dumps(self._result.dump_python(result, mode="json", warnings="error"))
        except (TypeError, ValueError) as error:
            raise ResultNotSerializable(
                f"{type(self._worker).__name__}.perform returned {type(result).__name__}, "
                f"which its result model cannot write as JSON: {error}"
            ) from error
        _check_events(context)
        document = orjson.loads(data)
        if len(data) > MAX_RESULT_BYTES:
            reference = context.artifacts.save("result.json", data, "application/json")
            document = {"artifact_id": str(reference.id)}
        return Success(document, context.artifacts.saved, context.events)

    def _keep(self, run: Run, success: Success, has_children: bool) -> Success:
        """Of several runs that finish one task, the first recorded outcome is everyone's answer."""
        if not success.artifacts:
            return success
        manifest = _Manifest(
            result=success.result,
            artifacts=success.artifacts,
            events=success.events,
            generation=run.generation,
            has_children=has_children,
        )
        kept = self._store.put_manifest(run.task_id, OUTCOME_STEP, manifest.model_dump(mode="json"))
        return _Manifest.model_validate(kept).success()


def _check_events(context: JobContext) -> None:
    for event in context.events:
        if not is_event_type(event.type):
            raise EventNotSerializable(
                f"perform emitted {event.type!r}: the type of an event is a name with a version, "
                "such as book.processed.v1"
            )
        try:
            size = len(orjson.dumps(event.data))
        except TypeError as error:
            raise EventNotSerializable(
                f"perform emitted {event.type}, which cannot be written as JSON: {error}"
            ) from error
        if size > MAX_PAYLOAD_BYTES:
            raise EventTooLarge(
                f"perform emitted {event.type} with {size} bytes, more than the "
                f"{MAX_PAYLOAD_BYTES} of a payload: save them as an artifact, and name that"
            )


def _logging(run: Run) -> AbstractContextManager[Any]:
    return structlog.contextvars.bound_contextvars(
        task=str(run.task_id), kind=run.kind, attempt=run.attempt
    )
