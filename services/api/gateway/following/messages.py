"""What those who follow a task are told, as server-sent events."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from gateway.artifacts.links import ArtifactLinks
from gateway.following.reading import Entry, TaskNow
from gateway.images.links import shown_result
from gateway.tasks.retention import result_expires_at
from gateway.tasks.schemas import TaskError
from warren.contracts.states import TaskState

#: A comment: it keeps proxies from closing a connection on which nothing happens.
HEARTBEAT = b": still here\n\n"
_ENDS = frozenset({"task.succeeded", "task.failed", "task.cancelled", "task.expired"})
_STATES = {
    "task.processing": TaskState.PROCESSING,
    "task.part": TaskState.PROCESSING,
    "task.retrying": TaskState.RETRYING,
    "task.waiting": TaskState.PENDING,
    "task.swept": TaskState.PENDING,
    "task.retried": TaskState.PENDING,
    "task.cancelling": TaskState.CANCELLING,
}


def is_end(entry: Entry) -> bool:
    """Whether the entry ends its generation."""
    return entry.type in _ENDS


def recorded(event_id: int, entry: Entry, task: TaskNow, links: ArtifactLinks) -> bytes:
    """The event of an entry: `status`, `part`, `result` or `error`."""
    if is_end(entry):
        name, more = _end(entry, task, links)
    elif entry.type == "task.part":
        name, more = "part", _part(entry.data, links)
    else:
        name, more = "status", _reason(entry.data)
    said = {
        "task_id": task.id,
        "status": _status(entry),
        "generation": entry.generation,
        "attempt": entry.attempt,
        "at": entry.at,
        **more,
    }
    return encoded(name, said, event_id)


def progress(task: TaskNow) -> bytes:
    """Where the task stands now; has no id, as it is not recorded."""
    said = {
        "task_id": task.id,
        "status": task.state.value,
        "generation": task.generation,
        "attempt": task.attempt,
        "progress": task.progress,
        "message": task.message,
    }
    return encoded("progress", said)


def unrecorded_end(event_id: int, task: TaskNow, links: ArtifactLinks) -> bytes:
    """The end of a task whose history is older than histories are kept."""
    entry = Entry(0, f"task.{task.state.value}", task.generation, task.attempt, "", {})
    name, more = _end(entry, task, links)
    said = {
        "task_id": task.id,
        "status": task.state.value,
        "generation": task.generation,
        "attempt": task.attempt,
        **more,
    }
    return encoded(name, said, event_id)


def encoded(name: str, said: dict[str, Any], event_id: int | None = None) -> bytes:
    """One event on the wire; JSON has no line breaks that would end it."""
    head = b"" if event_id is None else b"id: %d\n" % event_id
    return b"%sevent: %s\ndata: %s\n\n" % (head, name.encode(), orjson.dumps(said))


def decoded(said: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of each event that `encoded` has made."""
    for event in said.split(b"\n\n"):
        lines = dict(line.split(b": ", 1) for line in event.split(b"\n") if line)
        if b"event" in lines:
            yield lines[b"event"].decode(), orjson.loads(lines[b"data"])


def _status(entry: Entry) -> str:
    known = _STATES.get(entry.type)
    return known.value if known else entry.type.removeprefix("task.")


def _end(entry: Entry, task: TaskNow, links: ArtifactLinks) -> tuple[str, dict[str, Any]]:
    # Only of the last generation the row still says how it ended.
    is_last = entry.generation == task.generation
    if entry.type == "task.succeeded":
        result = shown_result(task.kind, task.result, links) if is_last else None
        gone = {"cleaned_at": task.cleaned_at} if task.cleaned_at else {}
        seconds = task.processing_seconds
        kept = {"result_expires_at": _kept_until(task)}
        return "result", {"result": result, "processing_seconds": seconds, **kept, **gone}
    return "error", {"error": _error(task.error if is_last else entry.data.get("error"))}


def _kept_until(task: TaskNow) -> datetime | None:
    names = ("state", "kind", "finished_at", "result_kept_until")
    return result_expires_at({name: getattr(task, name) for name in names})


def _part(data: dict[str, Any], links: ArtifactLinks) -> dict[str, Any]:
    artifact = data["artifact"]
    shown = {name: artifact[name] for name in ("name", "media_type", "size", "sha256")}
    link = links.link(UUID(artifact["id"]))
    return {
        "seq": data["seq"],
        "artifact": {"artifact_id": artifact["id"], **shown, "url": link.url},
    }


def _reason(data: dict[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "error" in data:
        said["error"] = _error(data["error"])
    if "reason" in data:
        said["waiting_for"] = data["reason"]
    if "delay" in data:
        said["delay_seconds"] = data["delay"]
    return said


def _error(error: dict[str, Any] | None) -> dict[str, Any] | None:
    view = TaskError.of(error)
    return view.model_dump(exclude_none=True) if view else None
