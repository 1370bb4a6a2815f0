"""What the API's document shows of the audit."""

from gateway.openapi.examples import Examples

EXAMPLES = Examples(
    tags={"audit": "Who has changed what (operators and administrators)"},
    values={
        "AuditView.actor": "key:wk_4f1c",
        "AuditView.action": "queue.paused",
        "AuditView.target": "tts.default",
    },
)
