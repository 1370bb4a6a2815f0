"""Customers that change their documents and FAQs, and what both sides have in the end."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.e2e.client import TERMINAL
from tests.running_chatbot import RunningChatbot
from warren.stack.stack import Stack
from warren.testing.deadline import eventually

_SOURCES = ("wiki", "blog", "manual")
# A reindex waits for half a minute of silence.
_LIVE = """
SELECT count(*) FROM tasks WHERE state <> ALL (%s) AND kind <> 'document.trigger_reindex'
"""
_STATES = """
SELECT state, count(*) FROM tasks WHERE customer_id = ANY (%s::uuid[])
    AND kind <> 'document.trigger_reindex' GROUP BY 1
"""


@dataclass(slots=True)
class Customer:
    """Changes things at random, but always the same for the same seed, and knows what it has."""

    http: httpx.Client
    id: str
    random: random.Random
    faqs: list[str] = field(default_factory=list)
    documents: list[str] = field(default_factory=list)
    changes: int = 0

    def change(self) -> None:
        """One accepted change."""
        self.changes += 1
        acts = (
            [self.add_faq] * 4
            + [self.edit_faq] * 5
            + [self.delete_faq] * 2
            + [self.add_document] * 4
            + [self.edit_document] * 4
            + [self.delete_source]
            + [self.delete_everything] * (self.random.random() < 0.2)
        )
        self.random.choice(acts)()

    def add_faq(self) -> None:
        self.faqs.append(self._sent("POST", "/mobile-faq", self._faq())["faq_id"])

    def edit_faq(self) -> None:
        if self.faqs:
            self._sent("PUT", f"/mobile-faq/{self.random.choice(self.faqs)}", self._faq())
        else:
            self.add_faq()

    def delete_faq(self) -> None:
        if self.faqs:
            faq = self.faqs.pop(self.random.randrange(len(self.faqs)))
            self._sent("DELETE", f"/mobile-faq/{faq}")
        else:
            self.add_faq()

    def add_document(self) -> None:
        self.documents.append(self._upload()["document_id"])

    def edit_document(self) -> None:
        if self.documents:
            self._upload(document_id=self.random.choice(self.documents))
        else:
            self.add_document()

    def delete_source(self) -> None:
        path = "/documents/delete-by-source"
        answer = self._asked("DELETE", path, params={"source": self.random.choice(_SOURCES)})
        if answer.status_code == httpx.codes.NOT_FOUND:
            self.add_document()
            return
        assert answer.status_code == 202, answer.text
        self._forget_deleted()

    def delete_everything(self) -> None:
        if self.random.random() < 0.5:
            self._sent("DELETE", "/mobile-faqs", params={"confirm": "true"})
            self.faqs.clear()
        else:
            self._sent("DELETE", "/documents/delete-all", params={"confirm": "true"})
            self.documents.clear()

    def upload(self, name: str, content: bytes) -> str:
        """The id of a document made of a file."""
        answer = self.http.post(
            "/documents/upload-file", files={"file": (name, content)}, data={"source": "files"}
        )
        assert answer.status_code == 202, answer.text
        return str(answer.json()["document_id"])

    def wanted(self, path: str, id_name: str) -> dict[str, dict[str, Any]]:
        """What the gateway lists, by id."""
        found: dict[str, dict[str, Any]] = {}
        cursor: str | None = None
        while True:
            query: dict[str, str | int] = {"limit": 100} | ({"cursor": cursor} if cursor else {})
            page = self.http.get(path, params=query).raise_for_status().json()
            found |= {item[id_name]: item for item in page["items"]}
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def _forget_deleted(self) -> None:
        there = self.wanted("/documents/list", "document_id")
        self.documents = [document for document in self.documents if document in there]

    def _faq(self) -> dict[str, str]:
        number = self.changes
        return {"question": f"Question {number}?", "answer": f"Answer {number} of {self.id}."}

    def _upload(self, **more: str) -> dict[str, Any]:
        body = {
            "text": f"Change {self.changes}: bees dance to tell where flowers are.",
            "source": self.random.choice(_SOURCES),
        }
        document: dict[str, Any] = self._sent("POST", "/documents/upload-text", body | more)
        return document

    def _sent(self, method: str, path: str, body: dict[str, str] | None = None, **more: Any) -> Any:
        answer = self._asked(method, path, body, **more)
        assert answer.status_code == 202, answer.text
        return answer.json()

    def _asked(
        self,
        method: str,
        path: str,
        body: dict[str, str] | None = None,
        *,
        params: dict[str, str] | None = None,
    ) -> httpx.Response:
        key = {"Idempotency-Key": f"{self.id}-{self.changes}-{path}"}

        def answered() -> httpx.Response | None:
            try:
                answer = self.http.request(method, path, json=body, params=params, headers=key)
            except httpx.TransportError:
                return None
            # 409: an earlier try of the same request is still being answered.
            return None if answer.status_code in {409, 503} else answer

        return eventually(answered, within=60)


def change_all(customers: list[Customer], changes: int) -> None:
    """So many changes of each, the customers side by side."""

    def work(customer: Customer) -> None:
        for _ in range(changes):
            customer.change()

    with ThreadPoolExecutor(len(customers)) as pool:
        for _ in pool.map(work, customers):
            pass


def wait_until_all_ended(stack: Stack, within: float) -> None:
    """No task lives, and no change is parked."""

    def live() -> int:
        with psycopg.connect(stack.descriptor.database_url) as connection:
            (count,) = connection.execute(_LIVE, [list(TERMINAL)]).fetchone() or (0,)
            return int(count)

    eventually(lambda: live() == 0, within=within, seen=live)


def states(stack: Stack, customers: list[Customer]) -> Counter[str]:
    """How the tasks of these customers have ended."""
    with psycopg.connect(stack.descriptor.database_url) as connection:
        rows = connection.execute(_STATES, [[c.id for c in customers]]).fetchall()
    return Counter({str(state): int(count) for state, count in rows})


def assert_in_step(customer: Customer, chatbot: RunningChatbot) -> None:
    """Both sides have the same, in the same versions, and nothing was applied twice."""
    documents = customer.wanted("/documents/list", "document_id")
    faqs = customer.wanted("/mobile-faqs", "faq_id")
    for wanted, collection in ((documents, "documents"), (faqs, "faqs")):
        versions = {
            id_: (item["desired_version"], item["sync"], item["error"])
            for id_, item in wanted.items()
        }
        there = {
            id_: (version, "synced", None)
            for id_, version in chatbot.entries(customer.id, collection).items()
        }
        differs = [i for i in versions | there if versions.get(i) != there.get(i)]
        told = {i: (versions.get(i), there.get(i)) for i in differs}
        assert told == {}, f"{collection}, here and there: {told}"
    for id_, item in faqs.items():
        there = chatbot.entry(customer.id, "faqs", id_)
        assert (there["question"], there["answer"]) == (item["question"], item["answer"])
    applied = Counter(chatbot.journal(customer.id))
    twice = [change for change, count in applied.items() if count > 1]
    assert twice == [], twice
