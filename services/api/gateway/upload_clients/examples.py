"""What the API's document shows of upload clients."""

from typing import Any

from gateway.images.problems import QuotaSpent
from gateway.openapi.examples import Examples, Trait
from gateway.openapi.values import TASK
from gateway.problems import ArtifactStoreUnavailable, LaneNotAllowed, UnknownKind

_TASKS = "/api/v1/tasks"
_CREATE = f"POST {_TASKS}/create/"
_STATUS, _RESULT = f"GET {_TASKS}/{{task_id}}/status/", f"GET {_TASKS}/{{task_id}}/result/"
_CANCEL = f"POST {_TASKS}/{{task_id}}/cancel/"
_UNKNOWN = {"error": "Task not found"}
_PROMPT = "a ruined tower covered with yellow ivy"
_MADE: dict[str, Any] = {
    "image_url": f"/api/v1/artifacts/{TASK}",
    "prompt_used": _PROMPT,
    "processing_time": 1.7,
    "metadata": {"width": 512, "height": 512},
}
_NOW = "2026-11-27T09:30:00+00:00"

EXAMPLES = Examples(
    tags={"upload clients": "Pictures by form, as upload clients speak; paths end in `/`"},
    bodies={_CREATE: {"prompt": _PROMPT, "task_type": "image_generation"}},
    answers={
        (_CREATE, 201): {
            "task_id": TASK,
            "status": "PENDING",
            "message": "Task queued successfully",
            "created_at": _NOW,
        },
        (_CREATE, 400): {"error": "Invalid input", "details": {"prompt": ["is required"]}},
        (_CREATE, 404): {
            "error": "Invalid input",
            "details": {"book_id": [f"names a book that you do not have: {TASK}"]},
        },
        (_STATUS, 200): {
            "task_id": TASK,
            "id": TASK,
            "task_type": "image_generation",
            "status": "SUCCESS",
            "progress": 100,
            "message": "",
            "retry_count": 0,
            "created_at": _NOW,
            "started_at": _NOW,
            "updated_at": _NOW,
            "completed_at": _NOW,
            "processing_time": 1.7,
            "result_url": f"{_TASKS}/{TASK}/result/",
        },
        (_STATUS, 404): _UNKNOWN,
        (_RESULT, 200): {
            "task_id": TASK,
            "status": "SUCCESS",
            "result": _MADE,
            **_MADE,
            "result_data": _MADE,
        },
        (_RESULT, 400): {"error": "Task not completed. Status: PENDING"},
        (_RESULT, 404): _UNKNOWN,
        (_RESULT, 410): {"error": "Result is not kept any more"},
        (_CANCEL, 200): {"message": "Task cancelled"},
        (_CANCEL, 400): {"error": "Task already completed"},
        (_CANCEL, 404): _UNKNOWN,
    },
    problems={_CREATE: (UnknownKind, LaneNotAllowed, QuotaSpent, ArtifactStoreUnavailable)},
    traits={_CREATE: (Trait.KEYED, Trait.UNLOCATED)},
)
