"""Values of fields that several domains have, for the examples of answers."""

from typing import Any

TASK = "0199e5c0-7d3a-7c41-9f52-3a6b0e1d2c4f"
_AT = f"/api/v1/tasks/{TASK}"
URLS = {
    "task": _AT,
    "status": f"{_AT}/status",
    "result": f"{_AT}/result",
    "events": f"{_AT}/events",
    "history": f"{_AT}/history",
    "cancel": f"{_AT}/cancel",
}
SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

SHARED: dict[str, Any] = {
    "task_id": TASK,
    "urls": URLS,
    "next_cursor": None,
    "error": None,
    "message": None,
    "due_at": None,
    "finished_at": None,
    "expires_at": None,
    "user_id": "reader-17",
    "kind": "tts.synthesize",
    "service": "tts",
    "release": "0.1.0",
    "queue": "tts.default",
    "sha256": SHA256,
    "metadata": {"shelf": "B4"},
    "tags": ["nightly"],
    "created_by": "key:wk_4f1c",
}
