"""What the demonstration shows."""

from enum import StrEnum


class Domain(StrEnum):
    """Where a step belongs on the page, and what `--only` may name."""

    BOOK = "book"
    PICTURES = "pictures"
    SPEECH = "speech"
    SEARCH = "search"
    CHATBOT = "chatbot"
