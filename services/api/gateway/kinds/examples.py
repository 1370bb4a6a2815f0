"""What the API's document shows of the kinds of jobs."""

from gateway.openapi.examples import Examples

EXAMPLES = Examples(
    tags={"kinds": "What can be submitted"},
    values={
        "KindView.description": "Turn a text into speech",
        "KindView.lane": "default",
        "KindView.pool": None,
        "payload_schema": {"type": "object", "required": ["text"]},
        "result_schema": {"type": "object", "required": ["artifact_id"]},
        "KindView.rate_limit": "60/minute",
        "KindView.limit_key": "customer",
        "KindView.rate_group": None,
        "KindView.concurrency_key": None,
        "KindView.unique": None,
    },
)
