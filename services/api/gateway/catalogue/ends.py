"""What an item keeps of a task that has ended without doing its work."""

from collections.abc import Mapping
from typing import Any

from warren.contracts.state_machine import TaskRow


def error_of(task: TaskRow) -> dict[str, Any]:
    """Why it has failed; of one that was cancelled or has expired, that."""
    return told(
        task.error or {"type": task.state.value, "message": f"its task was {task.state}"}, task
    )


def told(error: Mapping[str, Any], task: TaskRow) -> dict[str, Any]:
    """What callers may read of an error, with the task that it is from."""
    kept = {name: error[name] for name in ("type", "message", "field") if error.get(name)}
    return {**kept, "task_id": str(task.id)}
