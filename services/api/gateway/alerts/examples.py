"""What the API's document shows of alerts."""

from gateway.openapi.examples import Examples

EXAMPLES = Examples(
    tags={"alerts": "What a person should look at (operators)"},
    values={
        "AlertView.name": "worker_lost",
        "subject": "b5f8c1d2a3e4",
        "AlertView.message": "the worker tts-worker on node-1 has not beaten for 60 s",
        "cleared_at": None,
    },
)
