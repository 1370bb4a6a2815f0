"""What the API's document shows of event streams."""

from gateway.openapi.examples import Examples
from gateway.problems import NoStreamFree, TooManyStreams

_EVENTS = "GET /api/v1/tasks/{task_id}/events"

EXAMPLES = Examples(
    answers={
        (_EVENTS, 200): (
            'id: 1\nevent: status\ndata: {"type": "task.processing", "attempt": 1}\n\n'
            'event: progress\ndata: {"progress": 40, "message": "sentence 2 of 5"}\n\n'
        )
    },
    problems={_EVENTS: (TooManyStreams, NoStreamFree)},
)
