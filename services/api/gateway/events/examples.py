"""What the API's document shows of subscriptions to events."""

from gateway.openapi.examples import Examples

EXAMPLES = Examples(
    tags={"events": "Which jobs events start"},
    values={
        "event_type": "book.processed.v1",
        "SubscriptionView.kind": "image.generate_for_book",
        "SubscriptionView.service": "image",
        "SubscriptionView.retired_at": None,
        "SubscriptionView.retired_because": None,
    },
)
