"""How a task is shown."""

from warren.cli.tasks import lines_of


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
