"""One customer, one chatbot, and chance in the place of everybody in between."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import httpx

from chatbot.database import Database
from chatbot.errors import Superseded, VersionConflict
from chatbot.schemas import Applied, Collection, Removed
from chatbot.store import Store
from chatbot.versions import Place

CUSTOMER = "one"


class Chatbot:
    """The reference chatbot's own store, called as the worker calls it."""

    def __init__(self) -> None:
        self.database = Database(":memory:")

    def take(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What the call's result says; a call may come late, or twice."""
        version = payload["desired_version"]
        match kind:
            case "document.delete_all":
                return self._call(lambda s: s.delete_all(CUSTOMER, Collection.DOCUMENTS, version))
            case "document.delete_by_source":
                source = payload["source"]
                said = self._call(lambda s: s.delete_by_source(CUSTOMER, source, version))
                for document in payload.get("moved", []):
                    self.delete(Collection.DOCUMENTS, document, version)
                return said
            case "document.upload_text":
                content = {"source": payload["source"], "text": payload["metadata"]["said"]}
                return self.put(Collection.DOCUMENTS, payload["document_id"], version, content)
            case "faq.delete_all":
                return self._call(lambda s: s.delete_all(CUSTOMER, Collection.FAQS, version))
            case "faq.delete":
                return self.delete(Collection.FAQS, payload["faq_id"], version)
            case "faq.create" | "faq.update":
                content = {"text": payload["answer"]}
                return self.put(Collection.FAQS, payload["faq_id"], version, content)
            case _:
                return {}

    def put(
        self, collection: Collection, id_: str, version: int, content: dict[str, Any]
    ) -> dict[str, Any]:
        return self._call(lambda s: s.put(Place(CUSTOMER, collection, id_), version, content))

    def delete(self, collection: Collection, id_: str, version: int) -> dict[str, Any]:
        return self._call(lambda s: s.delete(Place(CUSTOMER, collection, id_), version))

    def entries(self, collection: Collection) -> dict[str, dict[str, Any]]:
        """All that it has, by id."""
        with self.database.transaction() as connection:
            store = Store(connection)
            ids = [item.id for item in store.page(CUSTOMER, collection, "", 1_000).items]
            return {id_: store.get(Place(CUSTOMER, collection, id_)) for id_ in ids}

    def _call(self, act: Callable[[Store], Applied | Removed]) -> dict[str, Any]:
        try:
            with self.database.transaction() as connection:
                said = act(Store(connection))
        except (Superseded, VersionConflict) as error:
            return {"superseded_by": error.current_version}
        return {"newer": said.newer} if isinstance(said, Removed) else {}


class Play(ABC):
    """Changes are made, published, applied, heard of and late as chance has it."""

    collection: Collection
    id_name: str

    def __init__(self, client: httpx.Client, hands: Any, seed: int) -> None:
        self.client, self.hands = client, hands
        self.chance = random.Random(seed)
        self.chatbot = Chatbot()
        #: What is desired: by id, what the chatbot's entry must hold.
        self.wanted: dict[str, dict[str, str]] = {}
        self.held: list[tuple[Any, tuple[str, dict[str, Any]]]] = []
        self.said = 0

    @abstractmethod
    def create(self) -> None: ...

    @abstractmethod
    def change(self) -> None: ...

    @abstractmethod
    def delete(self) -> None: ...

    @abstractmethod
    def delete_all(self) -> None: ...

    @abstractmethod
    def listed(self) -> list[dict[str, Any]]: ...

    def step(self) -> None:
        doings = [self.create, self.change, self.change, self.delete, self.publish, self.publish]
        doings += [self.finish, self.finish, self.come_back, self.apply_only, self.apply_late]
        if self.chance.random() < 0.015:
            doings = [self.delete_all]
        self.chance.choice(doings)()
        self.check_one_in_flight()

    def publish(self) -> None:
        due = [row["task_id"] for row in self.hands.due()]
        if due:
            self.hands.publish(due[0])
            self.held.append((due[0], self.hands.calls[-1]))

    def finish(self) -> None:
        if self.held:
            task, call = self.held.pop(self.chance.randrange(len(self.held)))
            self.hands.succeed(task, self.chatbot.take(*call))

    def come_back(self) -> None:
        if self.held:
            task, _ = self.held.pop(self.chance.randrange(len(self.held)))
            self.hands.wait(task)

    def apply_only(self) -> None:
        if self.held:
            self.chatbot.take(*self.chance.choice(self.held)[1])

    def apply_late(self) -> None:
        """A call that was cut off arrives, whatever has happened since."""
        if self.hands.calls:
            self.chatbot.take(*self.chance.choice(self.hands.calls))

    def settle(self) -> None:
        while self.held or self.hands.due():
            self.publish()
            self.finish()

    def restore(self) -> None:
        """The gateway is as it was some time ago: the chatbot has seen newer versions of all."""
        for id_, entry in self.chatbot.entries(self.collection).items():
            content = {
                name: value for name, value in entry.items() if name not in ("id", "version")
            }
            version = entry["version"] + self.chance.randrange(20, 300)
            self.chatbot.put(self.collection, id_, version, {**content, "text": "of another time"})

    def is_overtaken(self) -> bool:
        entries = self.chatbot.entries(self.collection).values()
        return any(entry["text"] == "of another time" for entry in entries)

    def check_one_in_flight(self) -> None:
        entities = [payload.get(self.id_name) for _, (_, payload) in self.held]
        single = [entity for entity in entities if entity is not None]
        assert len(set(single)) == len(single), "two syncs of one entity are in flight"

    def check_alike(self) -> None:
        there = {
            id_: {name: entry[name] for name in self.wanted.get(id_, entry)}
            for id_, entry in self.chatbot.entries(self.collection).items()
        }
        assert there == self.wanted
        items = self.listed()
        assert {item[self.id_name] for item in items} == set(self.wanted)
        assert {item["sync"] for item in items} <= {"synced"}

    def next_said(self) -> str:
        self.said += 1
        return f"number {self.said}"

    def any_wanted(self) -> str | None:
        return self.chance.choice(sorted(self.wanted)) if self.wanted else None


class FaqPlay(Play):
    collection, id_name = Collection.FAQS, "faq_id"
    url = "/api/v1/mobile-faq"

    def create(self) -> None:
        said = self.next_said()
        answer = self.client.post(self.url, json={"question": said, "answer": said}).json()
        self.wanted[answer["faq_id"]] = {"text": said}

    def change(self) -> None:
        if (faq := self.any_wanted()) is not None:
            said = self.next_said()
            body = {"question": said, "answer": said}
            assert self.client.put(f"{self.url}/{faq}", json=body).status_code == 202
            self.wanted[faq] = {"text": said}

    def delete(self) -> None:
        if (faq := self.any_wanted()) is not None:
            assert self.client.delete(f"{self.url}/{faq}").status_code == 202
            del self.wanted[faq]

    def delete_all(self) -> None:
        assert self.client.delete("/api/v1/mobile-faqs?confirm=true").status_code == 202
        self.wanted = {}

    def listed(self) -> list[dict[str, Any]]:
        params = {"limit": 200}
        items: list[dict[str, Any]]
        items = self.client.get("/api/v1/mobile-faqs", params=params).json()["items"]
        return items


class DocumentPlay(Play):
    """Documents also move from source to source, and go with them."""

    collection, id_name = Collection.DOCUMENTS, "document_id"
    url = "/api/v1/documents"
    sources = ("wiki", "blog", "book")

    def create(self) -> None:
        self._upload({})

    def change(self) -> None:
        if (document := self.any_wanted()) is not None:
            self._upload({"document_id": document})

    def delete(self) -> None:
        source = self.chance.choice(self.sources)
        of_source = {k for k, v in self.wanted.items() if v["source"] == source}
        answer = self.client.delete(f"{self.url}/delete-by-source", params={"source": source})
        assert answer.status_code == (202 if of_source else 404), answer.text
        self.wanted = {k: v for k, v in self.wanted.items() if k not in of_source}

    def delete_all(self) -> None:
        assert self.client.delete(f"{self.url}/delete-all?confirm=true").status_code == 202
        self.wanted = {}

    def listed(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]]
        items = self.client.get(f"{self.url}/list", params={"limit": 200}).json()["items"]
        return items

    def _upload(self, replacing: dict[str, str]) -> None:
        said, source = self.next_said(), self.chance.choice(self.sources)
        body = {"text": said, "source": source, "metadata": {"said": said}, **replacing}
        answer = self.client.post(f"{self.url}/upload-text", json=body)
        assert answer.status_code == 202, answer.text
        self.wanted[answer.json()["document_id"]] = {"source": source, "text": said}
