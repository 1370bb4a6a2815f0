"""What the API's document shows of workers."""

from gateway.openapi.examples import Examples, Trait

_INCARNATION = "b5f8c1d2a3e4"

EXAMPLES = Examples(
    tags={"workers": "The processes that run jobs (operators)"},
    traits={"POST /api/v1/workers/{incarnation}/stop": (Trait.UNLOCATED,)},
    values={
        "incarnation": _INCARNATION,
        "WorkerView.name": "tts-worker",
        "WorkerView.host": "node-1",
        "WorkerView.queues": ["tts.critical", "tts.default", "tts.low"],
        "WorkerView.runs": [],
        "WorkerView.lost_at": None,
        "StopOrdered.message": "it finishes what it runs, and ends",
    },
)
