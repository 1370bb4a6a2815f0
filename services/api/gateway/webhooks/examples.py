"""What the API's document shows of webhooks."""

from gateway.openapi.examples import Examples
from gateway.problems import MalformedBody, SecretsNotTaken, TooManyWaiting
from gateway.webhooks.problems import (
    DeliveryNotFound,
    NothingToResend,
    TooManyWebhooks,
    WebhookDisabled,
    WebhookNotFound,
)

_WEBHOOKS = "/api/v1/webhooks"
_ONE = f"{_WEBHOOKS}/{{webhook_id}}"
_DELIVERY = "/deliveries/{delivery_id}"
_RECEIVER = "https://example.org/warren"
_AGAIN = (DeliveryNotFound, NothingToResend, WebhookDisabled, TooManyWaiting)

EXAMPLES = Examples(
    tags={"webhooks": "Where you are told of ends and events (Standard Webhooks)"},
    bodies={
        f"POST {_WEBHOOKS}": {"url": _RECEIVER, "events": ["task.*", "book.processed.v1"]},
        f"PATCH {_ONE}": {"enabled": True},
        f"POST {_WEBHOOKS}/secret": {"overlap_seconds": 3600},
        f"POST {_ONE}/rotate-secret": {"overlap_seconds": 3600},
    },
    values={
        **{
            f"{schema}.{field}": value
            for schema in ("WebhookView", "NewWebhook")
            for field, value in {
                "url": _RECEIVER,
                "events": ["task.*"],
                "description": "the shop",
                "enabled": True,
                "disabled_at": None,
                "disabled_because": None,
            }.items()
        },
        "secret": "whsec_" + "c2hvd24tdG8tbm9ib2R5LWVsc2Utb25seS1vbmNl",
        **{
            f"{schema}.{field}": value
            for schema in ("DeliveryView", "DeliveryDetails", "AttemptView")
            for field, value in {
                "webhook_id": "msg_0199e5c07d3a7c419f523a6b0e1d2c4f",
                "type": "task.succeeded",
                "status": "succeeded",
                "next_attempt_at": None,
                "status_code": 204,
                "answer": "",
                "delivered": True,
            }.items()
        },
        "DeliveryDetails.body": {"type": "task.succeeded", "data": {"kind": "tts.synthesize"}},
    },
    problems={
        f"POST {_WEBHOOKS}": (TooManyWebhooks, SecretsNotTaken),
        f"POST {_WEBHOOKS}/secret": (SecretsNotTaken, MalformedBody),
        f"POST {_ONE}/rotate-secret": (WebhookNotFound, SecretsNotTaken),
        f"GET {_ONE}": (WebhookNotFound,),
        f"PATCH {_ONE}": (WebhookNotFound,),
        f"DELETE {_ONE}": (WebhookNotFound,),
        f"POST {_ONE}/ping": (WebhookNotFound, WebhookDisabled, TooManyWaiting),
        f"GET {_ONE}/deliveries": (WebhookNotFound,),
        f"GET {_WEBHOOKS}{_DELIVERY}": (DeliveryNotFound,),
        f"POST {_WEBHOOKS}{_DELIVERY}/resend": _AGAIN,
        f"POST {_ONE}{_DELIVERY}/resend": (WebhookNotFound, *_AGAIN),
    },
)
