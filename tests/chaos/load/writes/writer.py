"""Writes whose question and answer are in the clients' log, with what they were about."""

import itertools
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from tests.chaos.journal import Journal
from tests.chaos.load.asking import Gateways

_NUMBERS = itertools.count(1)
#: So many tries, while nobody knows whether it was done, of one that carries a key.
_TRIES = 4
_PAUSE = 0.3
_BUSY = 409
#: Of an answer: what it says was accepted, and as what.
_TOLD = (
    "task_id", "task_ids", "members", "version", "floor", "document_id", "faq_id", "unchanged",
    "book_id", "artifact_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Write:
    """A request of a customer; `content` is what a single entity says from now on.

    `collection` is a kind of items, `documents`, `faqs` or a domain; `action` is put, delete,
    delete_all, bulk or import, or what is asked of a domain. `id` is None where the gateway gives
    one, and where many are meant. With a `form` the file is one of its fields.
    """

    collection: str
    action: str
    method: str
    path: str
    id: str | None = None
    content: Mapping[str, Any] | None = None
    json: Any = None
    file: bytes | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    keyed: bool = False
    form: Mapping[str, str] | None = None
    #: Seconds after which the task is cancelled.
    cancel_after: float | None = None


class Writer:
    """Writes for one customer, by whichever gateway."""

    def __init__(
        self, customer: str, gateways: Gateways, journal: Journal, random: Random, seed: int
    ) -> None:
        self.customer = customer
        self._gateways = gateways
        self._journal = journal
        self._random = random
        self._seed = seed

    def write(self, wanted: Write) -> dict[str, Any] | None:
        """Write; the document of a yes, None if there was none.

        With a key all tries are one request; without one there is one try.
        """
        number = next(_NUMBERS)
        self._journal.write(
            event="write", write=number, customer=self.customer, collection=wanted.collection,
            action=wanted.action, id=wanted.id, content=wanted.content, wall=time.time(),
        )  # fmt: skip
        answer, code = self._insist(wanted, f"{self._seed}-write-{number}")
        document: dict[str, Any] | None = None
        if answer is not None and answer.is_success:
            document = answer.json() if answer.content else {}
        text = answer.text[:300] if answer is not None and answer.is_error else None
        self._journal.write(
            event="written", write=number, code=code, text=text,
            told=_told(document) if document else None,
        )  # fmt: skip
        return document

    def _insist(self, wanted: Write, key: str) -> tuple[httpx.Response | None, int | None]:
        """The last answer, and its status: None if nobody knows what was done.

        A no to the last try says nothing of those before it.
        """
        answer, tries = None, 0
        while tries < (_TRIES if wanted.keyed else 1):
            tries += 1
            answer = self._try(wanted, key)
            if answer is not None and not _is_open(answer, wanted):
                break
            threading.Event().wait(_PAUSE)
        if answer is None or (tries > 1 and answer.is_error):
            return answer, None
        return answer, answer.status_code

    def _try(self, wanted: Write, key: str) -> httpx.Response | None:
        headers = {"Idempotency-Key": key} if wanted.keyed else {}
        given: dict[str, Any] = {"json": wanted.json} if wanted.json is not None else {}
        if wanted.file is not None and wanted.form is not None:
            given = {"files": {"file": ("file", wanted.file)}, "data": dict(wanted.form)}
        elif wanted.file is not None:
            given = {"content": wanted.file}
            headers["Content-Type"] = "application/octet-stream"
        try:
            client = self._gateways.any(self._random)
            return client.request(
                wanted.method, wanted.path, params=dict(wanted.query), headers=headers, **given
            )
        except httpx.TransportError:
            return None


def _is_open(answer: httpx.Response, wanted: Write) -> bool:
    """Whether nothing is decided: an error of the server, or a key that is being answered."""
    return answer.status_code >= 500 or (wanted.keyed and answer.status_code == _BUSY)


def _told(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in _TOLD if document.get(name)}
