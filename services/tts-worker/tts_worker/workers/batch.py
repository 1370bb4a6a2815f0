"""`tts.batch`: many texts, each spoken by a task of its own."""

from collections.abc import Iterable
from typing import Any

from tts_worker.batching import Order, Spoken, order_of
from tts_worker.workers.speaker import name_voices
from warren.artifacts.lines import lines_of
from warren.contracts.intake import child_id, member_key, named_batch
from warren.contracts.lanes import Lane
from warren.contracts.speech_batch import (
    RequestToRepeat,
    SpokenBatch,
    SpokenText,
    SynthesizeBatch,
)
from warren.contracts.spilling import lines
from warren.errors import RejectedInput
from warren.worker import JobContext, Worker

#: Of a larger batch only the file tells of each item: a result has 48 KiB.
_MOST_ITEMS_TOLD = 100


class SynthesizeBatchWorker(Worker[SynthesizeBatch, SpokenBatch]):
    """Asks for the speech in its first run, and tells in its last one what came of it."""

    lane = Lane.DEFAULT
    #: Seconds for which its members may take.
    max_age = 7 * 86_400

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        """The job's schema, with the voices that are installed here and what they speak."""
        schema = super().submission_schema()
        name_voices(schema["$defs"][SpokenText.__name__]["properties"])
        return schema

    def perform(self, job: SynthesizeBatch, context: JobContext) -> SpokenBatch:
        order = order_of(_asked(job, context))
        spoken = _spoken(order, job, context)
        report = spoken.report(order)
        file = context.artifacts.save(
            f"tts_batch_{context.task_id}.ndjson",
            lines([each.model_dump(mode="json", exclude_none=True) for each in report]),
            "application/x-ndjson",
        )
        return SpokenBatch(
            task_ids=list(spoken.tasks),
            count=len(spoken.tasks),
            skipped=len(order.items) - len(order.jobs),
            succeeded=len(spoken.results),
            failed=len(spoken.tasks) - len(spoken.results),
            report=file.id,
            items=report if len(report) <= _MOST_ITEMS_TOLD else None,
        )


def _spoken(order: Order, job: SynthesizeBatch, context: JobContext) -> Spoken:
    """What became of the jobs; ends the run until all have ended (`context.join`)."""
    if not order.jobs:
        return Spoken([], {}, None)
    # A retry of the batch asks for all of them again: it has ended without a report.
    key = f"speech:{context.generation}"
    outcome = context.join(order.jobs, job.batch, key=key)
    numbers = range(len(order.jobs))
    tasks = [child_id(context.task_id, member_key(named_batch(key), n)) for n in numbers]
    found = {n: context.member_result(key, n) for n in numbers}
    return Spoken(tasks, {n: result for n, result in found.items() if result is not None}, outcome)


def _asked(job: SynthesizeBatch, context: JobContext) -> Iterable[SpokenText | RequestToRepeat]:
    if job.items is not None:
        return job.items
    if job.requests is None:
        raise RejectedInput(
            "earlier requests can only be named to the gateway: a worker does not know them",
            field="request_ids",
        )
    model = SpokenText if job.request_ids is None else RequestToRepeat
    return [_read(model, line) for line in lines_of(context.artifacts.open(job.requests))]


def _read(model: type[SpokenText | RequestToRepeat], line: bytes) -> SpokenText | RequestToRepeat:
    return model.model_validate_json(line)
