"""Many texts as distinct jobs, and what became of each: no broker, no engine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from warren.contracts.batches import BatchOutcome, MemberOutcome
from warren.contracts.speech import Speech, SynthesizeSpeech
from warren.contracts.speech_batch import (
    RequestToRepeat,
    SpokenItem,
    SpokenItemStatus,
    SpokenText,
)
from warren.contracts.states import TaskState

_LONGEST_MESSAGE = 300
_DONE = "it has succeeded before"
_UNDER_WAY = "it has not ended yet"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item: its job's place among the distinct ones, None where it is skipped."""

    job: int | None
    request: RequestToRepeat | None = None


@dataclass(slots=True)
class Order:
    """What a batch asks for: `items` as they were given, and the distinct `jobs` among them."""

    items: list[Wanted] = field(default_factory=list)
    jobs: list[SynthesizeSpeech] = field(default_factory=list)


def order_of(asked: Iterable[SpokenText | RequestToRepeat]) -> Order:
    """Each job once, in the order in which it is first wanted."""
    order = Order()
    places: dict[str, int] = {}
    for each in asked:
        request = each if isinstance(each, RequestToRepeat) else None
        if request is not None and _is_needless(request):
            order.items.append(Wanted(None, request))
            continue
        job = request.job if request else SynthesizeSpeech(**each.model_dump())
        place = places.setdefault(_described(job), len(order.jobs))
        if place == len(order.jobs):
            order.jobs.append(job)
        order.items.append(Wanted(place, request))
    return order


def _is_needless(request: RequestToRepeat) -> bool:
    return request.state is TaskState.SUCCEEDED or not request.state.is_terminal


def _described(job: SynthesizeSpeech) -> str:
    """The same for jobs that would make the same file."""
    described = job.model_dump(mode="json", exclude={"artifact_id"})
    if job.artifact_id is not None:
        described["content"] = job.artifact_id.sha256
    return repr(sorted(described.items()))


@dataclass(frozen=True, slots=True)
class Spoken:
    """What became of the distinct jobs: their tasks, and of those that succeeded the results."""

    tasks: Sequence[UUID]
    results: Mapping[int, Any]
    outcome: BatchOutcome | None

    def report(self, order: Order) -> list[SpokenItem]:
        return [self._item(position, each) for position, each in enumerate(order.items)]

    def _item(self, position: int, item: Wanted) -> SpokenItem:
        request_id = item.request.request_id if item.request else None
        if item.job is None:
            return _skipped(position, item)
        task_id = self.tasks[item.job]
        if item.job in self.results:
            speech = Speech.model_validate(self.results[item.job])
            return SpokenItem(
                position=position,
                status=SpokenItemStatus.SUCCEEDED,
                task_id=task_id,
                request_id=request_id,
                artifact_id=speech.artifact_id,
                duration_seconds=speech.duration_seconds,
            )
        status, message = self._failure(item.job)
        return SpokenItem(
            position=position,
            status=status,
            task_id=task_id,
            request_id=request_id,
            message=message,
        )

    def _failure(self, job: int) -> tuple[SpokenItemStatus, str]:
        members: Sequence[MemberOutcome] = self.outcome.members if self.outcome else ()
        told = next((member for member in members if member.position == job), None)
        unsuccessful = told is not None and told.state is not TaskState.SUCCEEDED
        status = SpokenItemStatus(told.state) if told and unsuccessful else SpokenItemStatus.FAILED
        error = (told.error if told else None) or {}
        message = error.get("message") or f"GET /api/v1/tasks/{self.tasks[job]} says why"
        return status, str(message)[:_LONGEST_MESSAGE]


def _skipped(position: int, item: Wanted) -> SpokenItem:
    if item.request is None:
        raise ValueError("only requests are skipped")
    succeeded = item.request.state is TaskState.SUCCEEDED
    return SpokenItem(
        position=position,
        status=SpokenItemStatus.SKIPPED,
        task_id=item.request.request_id,
        request_id=item.request.request_id,
        message=_DONE if succeeded else _UNDER_WAY,
    )
