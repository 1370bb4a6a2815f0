"""How tasks are shown on the command line."""

from collections.abc import Sequence
from typing import Any

from warren.cli.tables import printable

HEADINGS = ("task", "kind", "status", "queue", "attempt", "done", "accepted", "next run", "error")
#: What is shown of a task, in this order, where there is something to show.
_SHOWN = (
    "task_id",
    "kind",
    "status",
    "waiting_for",
    "progress",
    "message",
    "generation",
    "attempt",
    "max_attempts",
    "created_at",
    "due_at",
    "next_run_at",
    "started_at",
    "finished_at",
    "expires_at",
)
_ERROR_WIDTH = 80


def row_of(task: dict[str, Any]) -> Sequence[str]:
    """A task of a list, in the order of HEADINGS."""
    return (
        task["task_id"],
        task["kind"],
        task["status"],
        task["queue"],
        f"{task['attempt']}/{task['max_attempts']}",
        f"{task['progress']} %",
        _seconds(task["created_at"]),
        _seconds(task["next_run_at"]),
        _one_line(task["error"]),
    )


def lines_of(status: dict[str, Any], history: list[dict[str, Any]]) -> list[str]:
    """The task as lines: what is known about it now, then what happened."""
    lines = [
        f"{name:<13} {printable(str(status[name]))}"
        for name in _SHOWN
        if status.get(name) is not None
    ]
    error = status.get("error")
    if error:
        lines.append(f"{'error':<13} {_told(error)}")
        # Only operators are given it.
        lines += [f"  {line}" for line in printable(error.get("traceback") or "").splitlines()]
    return lines + [_entry(entry) for entry in history]


def _entry(entry: dict[str, Any]) -> str:
    data = entry["data"]
    told = f"  {entry['at']}  {entry['type']}"
    told += f" ({entry['generation']}.{entry['dispatch']}, attempt {entry['attempt']})"
    if data.get("by"):
        told += f" by {data['by']}"
    if data.get("error"):
        told += f": {_one_line(data['error'])}"
    if data.get("delay") is not None:
        told += f"; again in {data['delay']:.1f} s"
    return told


def _told(error: dict[str, Any]) -> str:
    return printable(f"{error['type']}: {error['message']}")


def _one_line(error: dict[str, Any] | None) -> str:
    if error is None:
        return ""
    line = " ".join(_told(error).split())
    return line if len(line) <= _ERROR_WIDTH else line[: _ERROR_WIDTH - 1] + "…"


def _seconds(moment: str | None) -> str:
    return moment[:19].replace("T", " ") if moment else ""
