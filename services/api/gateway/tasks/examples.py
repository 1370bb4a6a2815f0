"""What the API's document shows of tasks."""

from gateway.customers.problems import CustomerBeingErased
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK, URLS
from gateway.problems import (
    ArtifactNotFound,
    LaneNotAllowed,
    ResultGone,
    ResultNotAvailable,
    TaskEnded,
    TaskNotEnded,
    TaskNotRetryable,
    UnknownKind,
)
from gateway.tasks.entities import NOT_OWNED

_TASKS = "/api/v1/tasks"
_SENTENCE = "The old harbour lay under a heavy grey sky."
SPEECH = {"kind": "tts.synthesize", "payload": {"text": _SENTENCE, "output_format": "mp3"}}
_RESULT = {"artifact_id": TASK, "media_type": "audio/mpeg", "duration_seconds": 2.9}
_FAILED = {"filter": {"kind": "tts.synthesize", "state": ["failed"]}}

EXAMPLES = Examples(
    tags={"tasks": "Submit jobs of any kind; follow, cancel, retry and find them"},
    bodies={
        f"POST {_TASKS}": {
            **SPEECH,
            "lane": "low",
            "unique_key": "harbour-1",
            "metadata": {"shelf": "B4"},
            "tags": ["nightly"],
            "webhook": {"url": "https://example.org/warren", "events": ["task.*"]},
        },
        f"POST {_TASKS}/batch": {"items": [SPEECH, {**SPEECH, "delay_seconds": 60}]},
        f"POST {_TASKS}/cancel": {"filter": {"kind": "tts.synthesize", "tag": "nightly"}},
        f"POST {_TASKS}/retry": _FAILED,
        f"POST {_TASKS}/{{task_id}}/extend": {"days": 60},
    },
    values={
        "TaskAccepted.status": "pending",
        "TaskStatus.status": "processing",
        "TaskStatus.waiting_for": None,
        "TaskStatus.queue_position": None,
        "TaskStatus.progress": 40,
        "TaskStatus.message": "sentence 2 of 5",
        "TaskView.status": "pending",
        "TaskView.lane": "default",
        "TaskView.payload": SPEECH["payload"],
        "TaskView.waiting_for": "queue",
        "TaskView.progress": 0,
        "TaskView.processing_seconds": 0,
        "TaskView.result": None,
        "TaskView.webhook": None,
        "TaskView.batch": None,
        "TaskView.started_at": None,
        "TaskView.attempt_started_at": None,
        "TaskView.actor": "key:wk_4f1c",
        "TaskView.worker": None,
        "TaskSummary.lane": "default",
        "TaskSummary.status": "processing",
        "TaskSummary.progress": 40,
        "TaskError.type": "VoiceNotFound",
        "TaskError.message": "there is no voice 'Ann'",
        "TaskError.field": "voice_name",
        "TaskError.traceback": None,
        "HistoryEntry.type": "task.processing",
        "HistoryEntry.data": {"queue": "tts.default"},
        "TaskCount.by_state": {"failed": 1},
        "AwaitedTask": {
            "task_id": TASK,
            "kind": "tts.synthesize",
            "status": "succeeded",
            "waiting_for": None,
            "queue_position": None,
            "progress": 100,
            "message": None,
            "generation": 1,
            "attempt": 1,
            "max_attempts": 4,
            "created_at": "2026-11-27T09:30:00Z",
            "due_at": None,
            "next_run_at": None,
            "queued_at": "2026-11-27T09:30:00Z",
            "started_at": "2026-11-27T09:30:01Z",
            "attempt_started_at": "2026-11-27T09:30:01Z",
            "finished_at": "2026-11-27T09:30:02Z",
            "expires_at": None,
            "processing_seconds": 0.9,
            "error": None,
            "urls": URLS,
            "result": _RESULT,
        },
    },
    answers={
        (f"GET {_TASKS}/{{task_id}}/result", 200): _RESULT,
    },
    traits={
        # Some of its tasks may have been there before.
        f"POST {_TASKS}/batch": (Trait.UNLOCATED,),
        f"POST {_TASKS}/{{task_id}}/cancel": (Trait.UNLOCATED,),
    },
    problems={
        f"POST {_TASKS}": (UnknownKind, LaneNotAllowed, ArtifactNotFound, *NOT_OWNED),
        f"POST {_TASKS}/batch": (UnknownKind, LaneNotAllowed, ArtifactNotFound, *NOT_OWNED),
        f"GET {_TASKS}/{{task_id}}/result": (ResultNotAvailable, ResultGone),
        f"POST {_TASKS}/{{task_id}}/extend": (ResultNotAvailable, ResultGone),
        f"DELETE {_TASKS}/{{task_id}}": (TaskNotEnded,),
        f"POST {_TASKS}/{{task_id}}/retry": (TaskNotRetryable, CustomerBeingErased),
        f"POST {_TASKS}/{{task_id}}/cancel": (TaskEnded,),
    },
)
