"""What can be wrong with a request about webhooks."""

from gateway.problems import Problem


class WebhookNotFound(Problem):
    """The customer has no such endpoint."""

    status, name, title = 404, "webhook-not-found", "Webhook not found"


class DeliveryNotFound(Problem):
    """The customer has no such delivery."""

    status, name, title = 404, "delivery-not-found", "Delivery not found"


class TooManyWebhooks(Problem):
    """The customer has as many endpoints as it may have."""

    status, name, title = 409, "too-many-webhooks", "You have too many webhooks"


class WebhookDisabled(Problem):
    """Nothing is delivered to a disabled endpoint."""

    status, name, title = 409, "webhook-disabled", "The webhook is disabled"


class NothingToResend(Problem):
    """What was delivered, or where to, is not there any more."""

    status, name, title = 409, "nothing-to-resend", "The message cannot be sent again"
