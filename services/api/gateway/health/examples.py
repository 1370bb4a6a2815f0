"""What the API's document shows of health."""

from gateway.openapi.examples import Examples

_READY = {"status": "ready", "missing": [], "checks": {"database": "ok", "broker": "ok"}}
_MISSING = {
    "status": "unavailable",
    "missing": ["database"],
    "checks": {"database": "it does not answer", "broker": "ok"},
}

EXAMPLES = Examples(
    tags={"health": "Is it there, and does it work"},
    values={
        "HealthOverview.status": "ok",
        "HealthOverview.parts": {"database": {"latency_ms": 1.2, "problem": None}},
        "HealthOverview.workers": {"tts": {"default": {"workers": 1, "slots": 4}}},
        "HealthOverview.queues": {
            "tts.default": {
                "pending": 3,
                "delayed": 0,
                "unstarted": 0,
                "running": 1,
                "oldest_pending_seconds": 0.4,
                "paused": False,
            }
        },
        "Welcome.version": "0.1.0",
        "Welcome.links": {"openapi": "/openapi.json", "tasks": "/api/v1/tasks"},
    },
    answers={
        ("GET /healthz", 200): {"status": "ok"},
        ("GET /readyz", 200): _READY,
        ("GET /readyz", 503): _MISSING,
    },
)
