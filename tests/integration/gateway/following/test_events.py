"""GET /api/v1/tasks/{id}/events: a task as it is recorded."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.postgres

Follow = Callable[..., Any]
Submit = Callable[[], Any]


def _told(events: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(e.get("id"), e["event"], e["data"]["status"]) for e in events]


def test_a_task_is_followed_from_its_submission_to_its_result(
    submit: Submit, follow: Follow
) -> None:
    task = submit()
    with follow(task.events) as stream:
        # Given a stream, which tells at once where the task stands
        assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert _told([stream.next()]) == [(None, "progress", "pending")]
        # When the task runs
        task.record(task.processing())
        assert _told([stream.next(), stream.next()]) == [
            (1, "status", "processing"),
            (None, "progress", "processing"),
        ]
        task.record(task.progress(40, "reading"))
        progress = stream.next()
        task.record(task.part(1))
        part = stream.next()
        task.record(task.succeeded())
        rest = stream.rest()
    # Then progress, pieces and result are told, and the stream ends
    assert (progress["data"]["progress"], progress["data"]["message"]) == (40, "reading")
    assert "id" not in progress
    assert (part["id"], part["event"], part["data"]["seq"]) == (2, "part", 1)
    assert part["data"]["artifact"]["url"].startswith("/api/v1/artifacts/")
    assert _told(rest) == [(3, "result", "succeeded")]
    assert rest[0]["data"]["result"] == {"words": 2}


def test_of_a_task_that_has_ended_all_is_told_and_then_nothing_more(
    client: httpx.Client, submit: Submit, follow: Follow
) -> None:
    task = submit()
    # What comes in one batch comes in any order
    task.record(task.succeeded(), task.part(1), task.processing())

    with follow(task.events) as stream:
        events = stream.rest()
    seen = client.get(task.events, headers={"Last-Event-ID": str(events[-1]["id"])})

    assert _told(events) == [
        (1, "status", "processing"),
        (2, "part", "processing"),
        (3, "result", "succeeded"),
    ]
    assert (seen.status_code, seen.content) == (204, b"")


def test_a_failure_ends_the_stream_without_its_traceback(submit: Submit, follow: Follow) -> None:
    task = submit()
    with follow(task.events) as stream:
        task.record(task.processing(), task.retrying())
        task.record(task.processing(dispatch=2, attempt=2), task.failed(dispatch=2, attempt=2))
        events = [event for event in stream.rest() if "id" in event]

    assert _told(events) == [
        (1, "status", "processing"),
        (2, "status", "retrying"),
        (3, "status", "processing"),
        (4, "error", "failed"),
    ]
    assert events[1]["data"]["error"] == {"type": "EngineBusy", "message": "try later"}
    assert events[1]["data"]["delay_seconds"] == 5
    assert events[3]["data"]["error"] == {"type": "VoiceNotFound", "message": "no such voice"}


def test_a_cancellation_ends_the_stream(
    client: httpx.Client, submit: Submit, follow: Follow
) -> None:
    task = submit()
    with follow(task.events) as stream:
        stream.next()
        client.post(task.urls["cancel"])
        rest = stream.rest()

    assert _told(rest) == [(1, "error", "cancelled")]


@pytest.mark.parametrize("last", range(5))
def test_whoever_comes_back_is_told_what_was_recorded_since(
    submit: Submit, follow: Follow, last: int
) -> None:
    task = submit()
    task.record(task.processing(), task.part(1), task.part(2))
    task.record(task.progress(60, "half"))
    with follow(task.events, last) as stream:
        # Given what was recorded before, and the last progress
        before = [stream.next() for _ in range(max(0, 3 - last) + 1)]
        task.record(task.succeeded())
        events = [*before, *stream.rest()]

    assert [e["id"] for e in events if "id" in e] == list(range(min(last, 3) + 1, 5))
    assert [e["data"]["progress"] for e in events if "id" not in e] == [60]


def test_a_task_that_was_started_again_is_told_from_its_last_start(
    client: httpx.Client, submit: Submit, follow: Follow
) -> None:
    task = submit()
    task.record(task.processing(), task.failed())
    client.post(f"{task.urls['task']}/retry")
    task.record(task.processing(generation=2), task.succeeded(generation=2))

    with follow(task.events) as stream:
        fresh = stream.rest()
    with follow(task.events, 2) as stream:
        resumed = stream.rest()

    assert fresh == resumed
    assert _told(fresh) == [
        (3, "status", "pending"),
        (4, "status", "processing"),
        (5, "result", "succeeded"),
    ]


def test_an_end_is_told_when_its_history_is_gone(
    client: httpx.Client, submit: Submit, follow: Follow, database: Any
) -> None:
    task = submit()
    task.record(task.processing(), task.failed())
    database.ask("DELETE FROM task_history")

    with follow(task.events) as stream:
        events = stream.rest()
    seen = client.get(task.events, headers={"Last-Event-ID": "1"})

    assert _told(events) == [(1, "error", "failed")]
    assert events[0]["data"]["error"]["type"] == "VoiceNotFound"
    assert seen.status_code == 204


def test_a_history_of_many_pages_is_told_once_and_in_its_order(
    submit: Submit, follow: Follow, database: Any
) -> None:
    task = submit()
    task.record(task.processing())
    database.ask(
        "INSERT INTO task_history (task_id, generation, dispatch, type, seq, attempt, at, data)"
        " SELECT id, 1, n, 'task.retrying', 0, 1, now(), '{}'"
        " FROM tasks, generate_series(1, 2500) AS n"
    )
    task.record(task.succeeded())

    with follow(task.events) as stream:
        fresh = [event["id"] for event in stream.rest()]
    with follow(task.events, 1_234) as stream:
        resumed = [event["id"] for event in stream.rest()]

    assert (fresh, resumed) == (list(range(1, 2_503)), list(range(1_235, 2_503)))


def test_many_streams_of_one_task_hear_the_same(submit: Submit, follow: Follow) -> None:
    task = submit()
    with follow(task.events) as first, follow(task.events) as second:
        assert first.next() == second.next()
        task.record(task.processing())
        with follow(task.events) as late:
            task.record(task.part(1), task.succeeded())
            heard = [
                [event["id"] for event in stream.rest() if "id" in event]
                for stream in (first, second, late)
            ]

    assert heard == [[1, 2, 3]] * 3
