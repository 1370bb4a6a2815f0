"""What upload clients are answered."""

from typing import Any

import orjson
from fastapi.responses import Response

from gateway.addresses import task_url
from gateway.artifacts.links import ArtifactLinks
from gateway.images.links import image_url, shown_result
from warren.contracts.images import (
    EnhanceImage,
    GenerateImage,
    RemoveBackground,
    SwapFace,
    TransferStyle,
)
from warren.contracts.states import TaskState

PICTURE_JOBS = (GenerateImage, SwapFace, RemoveBackground, TransferStyle, EnhanceImage)
_TASK_TYPES = {job.kind: job.task_type.value for job in PICTURE_JOBS}
STATUSES = {
    TaskState.SCHEDULED: "PENDING",
    TaskState.PENDING: "PENDING",
    TaskState.PROCESSING: "PROCESSING",
    TaskState.RETRYING: "RETRY",
    TaskState.SUCCEEDED: "SUCCESS",
    TaskState.CANCELLING: "FAILURE",
    TaskState.CANCELLED: "FAILURE",
    TaskState.FAILED: "FAILURE",
    TaskState.EXPIRED: "FAILURE",
}
#: What is said of those that no error describes.
_WHY = {
    TaskState.CANCELLING: "Cancelled by user",
    TaskState.CANCELLED: "Cancelled by user",
    TaskState.EXPIRED: "Not started in time",
}
_OF_RESULT = ("image_url", "prompt_used", "processing_time", "metadata")


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """The body as JSON."""
    return Response(orjson.dumps(body), status, media_type="application/json")


def refusal(error: str, status: int) -> Response:
    """`{"error": …}`."""
    return answer({"error": error}, status)


def status_of(row: dict[str, Any]) -> str:
    """PENDING, PROCESSING, RETRY, SUCCESS or FAILURE."""
    return STATUSES[TaskState(row["state"])]


def status_view(row: dict[str, Any]) -> dict[str, Any]:
    """Where a task stands, of a row of `tasks`; `processing_time` in seconds."""
    state = TaskState(row["state"])
    view = {
        "task_id": row["id"],
        "id": row["id"],
        "task_type": _TASK_TYPES.get(row["kind"], row["kind"]),
        "status": STATUSES[state],
        "progress": row["progress"],
        "message": row["message"] or "",
        "retry_count": row["attempt"] - 1,
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "updated_at": row["updated_at"],
        "completed_at": row["finished_at"],
        "processing_time": row["processing_seconds"],
    }
    if state is TaskState.SUCCEEDED:
        view["result_url"] = f"{task_url(row['id'])}/result/"
    elif STATUSES[state] == "FAILURE":
        why = _WHY.get(state) or (row["error"] or {}).get("message", "The task has failed")
        view |= {"error": why, "error_message": why, "failed_at": row["finished_at"]}
    return view


def result_view(row: dict[str, Any], links: ArtifactLinks) -> dict[str, Any]:
    """What a succeeded task has made: in `result`, beside it, and whole in `result_data`."""
    data = shown_result(row["kind"], row["result"], links)
    told = data if isinstance(data, dict) else {}
    result = {
        "image_url": told.get("image_url") or image_url(told.get("artifact_id"), links),
        "prompt_used": told.get("prompt_used") or row["payload"].get("prompt"),
        "processing_time": told.get("processing_time", row["processing_seconds"]),
        "metadata": told.get("metadata") or {},
    }
    head = {"task_id": row["id"], "status": status_of(row), "result": result}
    return {**head, **{name: result[name] for name in _OF_RESULT}, "result_data": data}
