from typing import Any
from uuid import UUID

import pytest

from tts_worker.workers.batch import SynthesizeBatchWorker
from warren.contracts.artifact import ArtifactRef
from warren.contracts.batches import BatchOutcome, MemberOutcome, OutcomeDetail
from warren.contracts.ids import new_id
from warren.contracts.intake import batch_id, child_id, member_key, named_batch
from warren.contracts.speech import Speech
from warren.contracts.speech_batch import SpokenBatch, SynthesizeBatch
from warren.contracts.spilling import lines
from warren.contracts.states import TaskState
from warren.errors import RejectedInput
from warren.testing.worker import FakeContext
from warren.worker.joining import MembersAwaited

KEY = named_batch("speech:1")


def asked(context: FakeContext, job: SynthesizeBatch) -> list[dict[str, Any]]:
    """The payloads of the tasks that the batch asks for in its first run."""
    with pytest.raises(MembersAwaited):
        SynthesizeBatchWorker().perform(job, context)
    return [child.payload for child in context.children]


def member(context: FakeContext, position: int) -> UUID:
    return child_id(context.task_id, member_key(KEY, position))


def spoken(context: FakeContext, position: int) -> UUID:
    """The member has succeeded; its file."""
    speech = Speech(
        artifact_id=new_id(),
        media_type="audio/wav",
        sha256="0" * 64,
        size_bytes=1,
        duration_seconds=1.5,
        sample_rate=24_000,
        voice="heart",
        provider="hibari",
        processing_seconds=0.1,
    )
    document = {"result": speech.model_dump(mode="json")}
    context.store.put_manifest(member(context, position), "outcome", document)
    return speech.artifact_id


def ended(
    context: FakeContext, job: SynthesizeBatch, total: int, *members: MemberOutcome
) -> SpokenBatch:
    """What the last run returns, which is told of these members."""
    outcome = BatchOutcome(
        batch_id=batch_id(context.task_id, KEY),
        generation=1,
        total=total,
        succeeded=total - len(members),
        failed=len(members),
        cancelled=0,
        expired=0,
        detail=OutcomeDetail.UNSUCCESSFUL,
        members=list(members),
    )
    told = job.model_copy(update={"batch": outcome})
    return SynthesizeBatchWorker().perform(told, context)


def texts(*given: str, **more: Any) -> SynthesizeBatch:
    return SynthesizeBatch.model_validate({"items": [{"text": t, **more} for t in given]})


def requests(context: FakeContext, *given: tuple[TaskState, dict[str, Any]]) -> SynthesizeBatch:
    """As the gateway makes it of request ids."""
    ids = [new_id() for _ in given]
    found = [
        {"request_id": str(id_), "state": state.value, "job": job}
        for id_, (state, job) in zip(ids, given, strict=True)
    ]
    file = context.given("requests.ndjson", lines(found))
    return SynthesizeBatch(request_ids=ids, requests=file)


def test_each_text_is_a_task() -> None:
    job = texts("One.", "Two.", language="de", output_format="mp3", speed=2)
    assert asked(FakeContext(), job) == [
        {"text": text, "language": "de", "output_format": "mp3", "speed": 2.0}
        for text in ("One.", "Two.")
    ]


def test_texts_that_are_the_same_are_spoken_once() -> None:
    context = FakeContext()
    job = texts("One.", "Two.", "One.")
    assert [payload["text"] for payload in asked(context, job)] == ["One.", "Two."]
    files = [spoken(context, 0), spoken(context, 1)]

    result = ended(context, job, 2)

    assert (result.count, result.skipped, result.succeeded, result.failed) == (2, 1, 2, 0)
    assert result.task_ids == [member(context, 0), member(context, 1)]
    assert result.items is not None
    assert [item.artifact_id for item in result.items] == [*files, files[0]]


def test_the_same_text_for_another_voice_or_format_is_another_task() -> None:
    items: list[dict[str, Any]] = [{"text": "One."}, {"text": "One.", "voice_name": "heart"}]
    items += [{"text": "One.", "output_format": "flac"}, {"text": "One.", "speed": 1.5}]
    assert len(asked(FakeContext(), SynthesizeBatch.model_validate({"items": items}))) == 4


def test_one_that_fails_is_told_of_and_the_others_have_their_files() -> None:
    context = FakeContext()
    job = texts("One.", "😀", "Three.")
    asked(context, job)
    files = [spoken(context, 0), spoken(context, 2)]
    error = {"type": "NothingToSpeak", "message": "the text has no letter"}
    failure = MemberOutcome(
        position=1, task_id=member(context, 1), state=TaskState.FAILED, error=error
    )

    result = ended(context, job, 3, failure)

    assert (result.succeeded, result.failed) == (2, 1)
    assert result.items is not None
    assert [item.status.value for item in result.items] == ["succeeded", "failed", "succeeded"]
    assert [item.artifact_id for item in result.items] == [files[0], None, files[1]]
    assert result.items[1].message == "the text has no letter"


def test_one_whose_reason_does_not_fit_says_where_it_is() -> None:
    context = FakeContext()
    job = texts("One.")
    asked(context, job)
    expired = MemberOutcome(position=0, task_id=member(context, 0), state=TaskState.EXPIRED)
    result = ended(context, job, 1, expired)
    assert result.items is not None
    (item,) = result.items
    assert item.status == "expired"
    assert item.message == f"GET /api/v1/tasks/{member(context, 0)} says why"


def test_a_thousand_texts_are_told_of_in_a_file() -> None:
    context = FakeContext()
    job = texts(*(f"Number {n}." for n in range(1_000)))
    asked(context, job)
    for n in range(1_000):
        spoken(context, n)

    result = ended(context, job, 1_000)

    assert len(result.model_dump_json()) < 48 * 1024
    assert result.items is None
    report = context.saved(f"tts_batch_{context.task_id}.ndjson")
    assert len(report.splitlines()) == 1_000


def test_requests_that_did_not_succeed_are_spoken_again() -> None:
    context = FakeContext()
    job = requests(
        context,
        (TaskState.FAILED, {"text": "One.", "voice_name": "heart"}),
        (TaskState.SUCCEEDED, {"text": "Two."}),
        (TaskState.PROCESSING, {"text": "Three."}),
        (TaskState.CANCELLED, {"text": "Four.", "output_format": "opus"}),
    )
    assert asked(context, job) == [
        {"text": "One.", "voice_name": "heart"},
        {"text": "Four.", "output_format": "opus"},
    ]
    spoken(context, 0)
    spoken(context, 1)

    result = ended(context, job, 2)

    assert (result.count, result.skipped) == (2, 2)
    assert result.items is not None
    assert [item.status.value for item in result.items] == [
        "succeeded",
        "skipped",
        "skipped",
        "succeeded",
    ]
    assert [item.request_id for item in result.items] == job.request_ids
    assert [result.items[1].message, result.items[2].message] == [
        "it has succeeded before",
        "it has not ended yet",
    ]


def test_a_request_that_is_named_twice_is_spoken_once() -> None:
    context = FakeContext()
    again = (TaskState.FAILED, {"text": "One."})
    assert len(asked(context, requests(context, again, again))) == 1


def test_files_are_the_same_request_when_their_content_is() -> None:
    context = FakeContext()
    first = context.given("a.txt", b"One.")
    same = first.model_copy(update={"id": new_id()})
    other = context.given("b.txt", b"Two.")

    def of(file: ArtifactRef) -> tuple[TaskState, dict[str, Any]]:
        return TaskState.FAILED, {"artifact_id": file.model_dump(mode="json")}

    assert len(asked(context, requests(context, of(first), of(same), of(other)))) == 2


def test_a_batch_of_what_has_succeeded_asks_for_nothing() -> None:
    context = FakeContext()
    job = requests(context, (TaskState.SUCCEEDED, {"text": "One."}))
    result = SynthesizeBatchWorker().perform(job, context)
    assert (result.task_ids, result.count, result.skipped) == ([], 0, 1)
    assert context.children == []


def test_requests_that_did_not_come_by_way_of_the_gateway_are_refused() -> None:
    with pytest.raises(RejectedInput) as refusal:
        SynthesizeBatchWorker().perform(SynthesizeBatch(request_ids=[new_id()]), FakeContext())
    assert refusal.value.field == "request_ids"


@pytest.mark.parametrize(
    "payload", [{}, {"items": [{"text": "a"}], "request_ids": [str(new_id())]}, {"items": []}]
)
def test_a_batch_names_texts_or_requests(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"items|request_ids"):
        SynthesizeBatch.model_validate(payload)
