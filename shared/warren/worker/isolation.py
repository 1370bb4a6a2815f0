"""Where a deployment lets jobs run, other than their classes say."""

from dataclasses import replace
from types import new_class
from typing import Any

from warren.errors import ConfigurationError
from warren.worker.catalogue import Service
from warren.worker.discovery import AnyWorker

_WORDS = ("thread", "process")
_HOW = "give thread, process, or a list such as tts.synthesize=thread,tts.list=process"


def with_isolation(service: Service, wanted: str) -> Service:
    """The service with `isolation` as a setting wants it: one word for all of its kinds, or
    `kind=word` for some, separated by commas; empty for what the classes say.

    Kinds of other services may be named: they may share their environment. Raises
    ConfigurationError for an unknown word, and for a kind that this service does not have.
    """
    if not wanted.strip():
        return service
    words = _words_by_kind(wanted, service)
    workers = {name: _isolated(w, words.get(name[0])) for name, w in service.workers.items()}
    return replace(service, workers=workers)


def _words_by_kind(wanted: str, service: Service) -> dict[str, str]:
    kinds = {kind for kind, _version in service.workers}
    if wanted.strip() in _WORDS:
        return dict.fromkeys(kinds, wanted.strip())
    words = {}
    for part in wanted.split(","):
        kind, _, word = (each.strip() for each in part.partition("="))
        if word not in _WORDS:
            raise ConfigurationError(f"isolation {part.strip()!r}: {_HOW}")
        if kind not in kinds and kind.partition(".")[0] == service.name:
            raise ConfigurationError(
                f"isolation names {kind!r}, but the service has only {', '.join(sorted(kinds))}"
            )
        words[kind] = word
    return words


def _isolated(worker: AnyWorker, word: str | None) -> AnyWorker:
    if word is None or worker.isolation == word:
        return worker
    attributes: dict[str, Any] = {
        "isolation": word,
        "__module__": worker.__module__,
        "__qualname__": worker.__qualname__,
        "__doc__": worker.__doc__,
    }
    return new_class(worker.__name__, (worker,), exec_body=lambda body: body.update(attributes))
