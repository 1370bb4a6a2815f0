"""Breaks one promise about catalogues, documents or FAQs; see sitecustomize.py."""

from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any


def forget_versions() -> None:
    """The index takes whatever comes last, be it older than what it has."""
    index: Any = import_module("indexer.adapters.tantivy_index")
    ranks = index._ranks
    index._ranks = lambda *arguments: dict.fromkeys(ranks(*arguments), 0)


def lose_some_items() -> None:
    """The index says of every fifth write that it has it, and has it not."""
    index: Any = import_module("indexer.adapters.tantivy_index")
    apply, numbers = index._apply, count(1)

    def forgetful(writer: Any, ranks: Any, write: Any) -> Any:
        if next(numbers) % 5:
            return apply(writer, ranks, write)
        return index.WriteOutcome(index.Outcome.APPLIED, write.version)

    index._apply = forgetful


def skip_deletions() -> None:
    """The sync of a deletion says that it was done, and calls nobody."""
    from sync_worker.adapters.http_chatbot import HttpChatbot
    from sync_worker.ports import Written

    skipped: Any = lambda self, *arguments: Written()  # noqa: E731
    HttpChatbot.delete_faq = skipped  # type: ignore[method-assign]


def lose_some_changes() -> None:
    """The sync of every fifth FAQ says that it was done, and calls nobody."""
    from sync_worker.adapters.http_chatbot import HttpChatbot
    from sync_worker.ports import Written

    put_faq, numbers = HttpChatbot.put_faq, count(1)

    def forgetful(self: HttpChatbot, *arguments: Any) -> Written:
        return put_faq(self, *arguments) if next(numbers) % 5 else Written()

    HttpChatbot.put_faq = forgetful  # type: ignore[method-assign, assignment]


MUTATIONS: dict[str, tuple[str, Callable[[], None]]] = {
    "forget-versions": ("indexer", forget_versions),
    "lose-items": ("indexer", lose_some_items),
    "skip-deletions": ("sync-worker", skip_deletions),
    "lose-changes": ("sync-worker", lose_some_changes),
}
