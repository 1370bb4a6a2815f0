"""What the API's document shows of queues."""

from gateway.openapi.examples import Examples

EXAMPLES = Examples(
    tags={"queues": "What waits; pause, resume and purge (operators)"},
    values={
        "QueueView.name": "tts.default",
        "QueueView.lane": "default",
        "QueueView.paused_at": None,
        "QueueView.paused_by": None,
        "QueueControl.name": "tts.default",
    },
)
