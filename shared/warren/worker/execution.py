"""Runs one job where it stands: decode, look for an earlier outcome, perform, keep the outcome."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
import structlog
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from warren.client.surroundings import inside_job
from warren.contracts.artifact import ArtifactRef
from warren.contracts.events import EmittedEvent, is_event_type
from warren.contracts.job import Job
from warren.contracts.submission import MAX_PAYLOAD_BYTES
from warren.errors import PermanentError, RejectedInput
from warren.worker.base import Worker
from warren.worker.cancel_signal import CancelSignal
from warren.worker.context import JobContext
from warren.worker.effects import Effect, EffectGate
from warren.worker.job_artifacts import JobArtifacts, Store
from warren.worker.job_report import Report
from warren.worker.job_run import Run
from warren.worker.parts import PartReporter
from warren.worker.progress import ProgressReporter
from warren.worker.spawning import Send, Spawner, unconnected
from warren.worker.verdict import Success
from warren.worker.warming import WarmUp

OUTCOME_STEP = "outcome"
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
        which the job asks for tasks.
        """
        cancelled = cancellation or CancelSignal()
        with structlog.contextvars.bound_contextvars(
            task=str(run.task_id), kind=run.kind, attempt=run.attempt
        ):
            if run.repeated and (kept := self._kept_outcome(run)) is not None:
                return kept
            self._warm_up.ensure()
            return self._perform(run, report, cancelled, send)

    def _kept_outcome(self, run: Run) -> Success | None:
        document = self._store.get_manifest(run.task_id, OUTCOME_STEP)
        if document is None:
            return None
        manifest = _Manifest.model_validate(document)
        if manifest.has_children and manifest.generation < run.generation:
            return None  # cancelled, it may have lost them: this run asks for them again
        structlog.get_logger("warren.worker").info("an earlier run has finished this task already")
        return manifest.success()

    def _perform(
        self, run: Run, report: Callable[[Report], None], cancellation: CancelSignal, send: Send
    ) -> Success:
        job = self._decode(run.payload)
        artifacts = JobArtifacts(self._store, run.task_id)
        progress = ProgressReporter(report)
        gate = EffectGate(cancellation, self._is_sure)
        spawner = Spawner(run, send, cancellation)
        context = JobContext(
            run,
            artifacts,
            progress,
            entrance=spawner,
            parts=PartReporter(report),
            make_effect=lambda key: Effect(self._store, run, key, gate),
            soft_time_limit=self._worker.soft_time_limit,
            cancellation=cancellation,
        )
        try:
            with inside_job(run.task_id, spawner):
                result = self._worker.perform(job, context)
                if inspect.iscoroutine(result):
                    result = asyncio.run(_cancellable(result, cancellation))
            # What is kept now is the outcome of every later run.
            cancellation.check()
            return self._keep(run, self._success(result, context), spawner.has_asked)
        finally:
            # A thread that the job has left behind writes nothing any more.
            cancellation.close()
            progress.finish()
            artifacts.close()

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


async def _cancellable(job: Coroutine[Any, Any, Any], cancellation: CancelSignal) -> Any:
    """The job's result; cancels it, as asyncio cancels a task, once its own task was cancelled."""
    running = asyncio.ensure_future(job)
    loop = asyncio.get_running_loop()

    def cancel() -> None:
        # The signal may be made just after the job has ended, and its loop with it.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(running.cancel)

    cancellation.watch(cancel)
    try:
        return await running
    except asyncio.CancelledError:
        cancellation.check()
        raise
