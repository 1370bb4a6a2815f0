"""What the jobs of this process work with; made once, at the first use."""

import atexit
from functools import cache

from sync_worker.adapters.http_chatbot import HttpChatbot
from sync_worker.adapters.plain_text import PlainText
from sync_worker.adapters.py3langid_languages import Py3langidLanguages
from sync_worker.adapters.text_reader import FormatReader
from sync_worker.adapters.web_pages import WebPages
from sync_worker.adapters.webhook_receivers import WebhookReceivers
from sync_worker.config import ChatbotSettings, FetchSettings, ReadingSettings, WebhookSettings
from sync_worker.errors import NoChatbot
from sync_worker.ports import Chatbot, LanguageGuesser, MessagePoster, PageFetcher, TextReader
from warren.contracts.documents import MAX_DOCUMENT_BYTES
from warren.outbound import OutboundRules
from warren.outbound.webhooks import webhook_rules

_LOOK_AGAIN = 60.0
_WEBHOOK_AGENT = "warren-webhooks"


def chatbot() -> Chatbot:
    """The chatbot that is configured; raises NoChatbot: changes wait until there is one."""
    settings = ChatbotSettings()
    if settings.chatbot_url is None:
        raise NoChatbot("no chatbot is configured: set SYNC_CHATBOT_URL", retry_after=_LOOK_AGAIN)
    token = settings.chatbot_token
    return _chatbot(
        settings.chatbot_url,
        token.get_secret_value() if token else None,
        settings.chatbot_timeout,
        settings.chatbot_pause,
    )


@cache
def _chatbot(url: str, token: str | None, timeout: float, pause: float) -> HttpChatbot:
    made = HttpChatbot(url, token, timeout=timeout, pause=pause)
    atexit.register(made.close)
    return made


def text_reader(field: str) -> TextReader:
    """Reads files; errors name `field`."""
    settings = ReadingSettings()
    return FormatReader(
        memory=settings.reading_memory, max_characters=settings.max_characters, field=field
    )


def plain_text(field: str) -> TextReader:
    """Reads what came as text; errors name `field`."""
    return PlainText(max_characters=ReadingSettings().max_characters, field=field)


@cache
def languages() -> LanguageGuesser:
    """Tells languages."""
    return Py3langidLanguages()


def pages() -> PageFetcher:
    """Fetches pages."""
    settings = FetchSettings()
    rules = OutboundRules(settings.fetch_ports, settings.fetch_networks)
    return WebPages(
        rules,
        seconds=settings.fetch_seconds,
        most=MAX_DOCUMENT_BYTES,
        agent=settings.fetch_agent,
    )


def receivers() -> MessagePoster:
    """Posts messages of webhooks."""
    return WebhookReceivers(
        webhook_rules(), seconds=WebhookSettings().webhook_seconds, agent=_WEBHOOK_AGENT
    )
