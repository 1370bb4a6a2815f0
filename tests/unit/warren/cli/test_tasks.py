"""How a task is shown."""

import httpx

from warren.cli.api_client import ApiClient
from warren.cli.task_views import lines_of
from warren.cli.tasks import whole_history


def test_a_task_is_shown_with_who_asked_for_what() -> None:
    # Given a task that somebody cancels
    status = {
        "task_id": "7",
        "kind": "tts.synthesize",
        "status": "cancelling",
        "message": None,
        "progress": 40,
        "error": {"type": "ConnectionError", "message": "gone"},
    }
    entry = {"generation": 1, "dispatch": 2, "attempt": 1, "at": "2026-11-22T17:00:00Z"}
    history = [{**entry, "type": "task.cancelling", "data": {"by": "key:wk_1"}}]
    # When it is shown
    lines = lines_of(status, history)
    # Then what is known is there, and nothing else
    assert lines == [
        "task_id       7",
        "kind          tts.synthesize",
        "status        cancelling",
        "progress      40",
        "error         ConnectionError: gone",
        "  2026-11-22T17:00:00Z  task.cancelling (1.2, attempt 1) by key:wk_1",
    ]


def test_operators_are_shown_the_traceback_and_everybody_why_it_is_tried_again() -> None:
    error = {"type": "Timeout", "message": "no\x1b[31m answer", "traceback": "File a\n  line 1"}
    status = {"task_id": "7", "next_run_at": "2026-11-22T17:00:09Z", "error": error}
    entry = {
        "generation": 1,
        "dispatch": 1,
        "attempt": 1,
        "at": "2026-11-22T17:00:00Z",
        "type": "task.retrying",
        "data": {"error": error, "delay": 9.0},
    }
    assert lines_of(status, [entry]) == [
        "task_id       7",
        "next_run_at   2026-11-22T17:00:09Z",
        "error         Timeout: no�[31m answer",
        "  File a",
        "    line 1",
        (
            "  2026-11-22T17:00:00Z  task.retrying (1.1, attempt 1): Timeout: no�[31m answer;"
            " again in 9.0 s"
        ),
    ]


def test_a_long_history_is_read_to_its_end() -> None:
    # Given a gateway that gives a history of three entries one by one
    def answer(request: httpx.Request) -> httpx.Response:
        place = int(request.url.params.get("cursor", "0"))
        following = str(place + 1) if place < 2 else None
        return httpx.Response(200, json={"items": [{"at": place}], "next_cursor": following})

    with ApiClient("http://gateway.test", "wk_key", httpx.MockTransport(answer)) as client:
        entries = whole_history(client, "/api/v1/tasks/7")

    assert [entry["at"] for entry in entries] == [0, 1, 2]
