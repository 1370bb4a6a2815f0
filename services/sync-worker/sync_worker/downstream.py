"""What the sync-worker calls."""

from collections.abc import Sequence

from sync_worker.adapters.http_chatbot import PROVIDER
from sync_worker.config import ChatbotSettings
from warren.worker.downstream import Downstream


def downstreams() -> Sequence[Downstream]:
    """The chatbot; one that has no /readyz may answer 404 there."""
    settings = ChatbotSettings()
    if settings.chatbot_url is None:
        return []
    token = settings.chatbot_token.get_secret_value() if settings.chatbot_token else None
    return [Downstream.with_token(PROVIDER, f"{settings.chatbot_url.rstrip('/')}/readyz", token)]
