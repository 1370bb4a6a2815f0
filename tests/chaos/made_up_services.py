"""Made-up items, documents and FAQs of a healthy run, to be doctored by tests of the checks."""

import hashlib
import json
import uuid
from contextlib import closing
from typing import Any

from chatbot.database import Database
from chatbot.schemas import Collection
from chatbot.store import Store
from chatbot.versions import Place
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.ports import DocumentWrite
from tests.chaos.journal import Journal
from tests.chaos.made_up_run import MadeUpRun
from warren.contracts.catalogue_item import EntityKind
from warren.contracts.ids import new_id

CUSTOMER = uuid.UUID(int=1)
_ITEM = {"id": "cup", "name": "Cup"}


class MadeUpServices:
    """Adds to a made-up run what services would have left behind."""

    def __init__(self, run: MadeUpRun) -> None:
        self.run = run
        self._writes = 0

    def item(self, *, version: int = 1) -> str:
        """A product that a client has written and the index has; returns the write's task."""
        said = {**_ITEM, "version": version}
        task = self.write("product", "put", "cup", said, version=version)
        self.run.sql(
            "INSERT INTO catalogue_items (customer_id, entity_kind, id, version, deleted,"
            " content_hash, item, with_embedding, task_id, indexed_version)"
            " VALUES (%s, 'product', 'cup', %s, false, 'hash', %s, false, %s, %s)",
            *[CUSTOMER, version, json.dumps(said), task, version],
        )
        self.index(DocumentWrite(CUSTOMER, "cup", version, said))
        return task

    def floor(self, version: int) -> None:
        """Everything up to a version is deleted."""
        task = self.write("product", "delete_all", None, None, floor=version)
        self.run.sql(
            "INSERT INTO customers (id, name) VALUES (%s, 'me') ON CONFLICT DO NOTHING", CUSTOMER
        )
        self.run.sql(
            "INSERT INTO catalogue_floors (customer_id, entity_kind, floor, task_id, indexed_floor)"
            " VALUES (%s, 'product', %s, %s, %s)",
            *[CUSTOMER, version, task, version],
        )

    def index(self, write: DocumentWrite) -> None:
        """Write to the index."""
        settings = IndexSettings(folder=self.run.folder.index)
        with closing(TantivyIndex(settings)) as index:
            index.write(EntityKind.PRODUCT, [write])

    def faq(self, *, version: int = 1) -> str:
        """A FAQ that a client has written and the chatbot has; returns its id."""
        name, said = str(new_id()), {"question": "Why?", "answer": "So."}
        self.write("faqs", "put", None, said, faq_id=name, version=version)
        self.run.sql(
            "INSERT INTO faqs (id, customer_id, question, answer, question_key, files)"
            " VALUES (%s, %s, %s, %s, 'key', '[]')",
            *[name, CUSTOMER, *said.values()],
        )
        self._synced(name, "faq", version)
        self.tell(Collection.FAQS, name, version, said)
        return name

    def document(self, *, text: str = "words") -> str:
        """A document that the chatbot has, with its text; returns its id."""
        name, artifact = str(new_id()), new_id()
        self.write("documents", "put", None, {"source": "s", "text": text}, document_id=name)
        self.run.store(text.encode())
        self.run.sql(
            "INSERT INTO artifacts (id, customer_id, sha256, size, media_type, name)"
            " VALUES (%s, %s, %s, %s, 'text/plain', 'text.txt')",
            *[artifact, CUSTOMER, hashlib.sha256(text.encode()).hexdigest(), len(text)],
        )
        self.run.sql(
            "INSERT INTO documents (id, customer_id, source, origin, name, metadata, text_id)"
            " VALUES (%s, %s, 's', 'text', 'name', '{}', %s)",
            *[name, CUSTOMER, artifact],
        )
        self._synced(name, "document", 1)
        self.tell(Collection.DOCUMENTS, name, 1, {"source": "s", "text": text})
        return name

    def tell(
        self,
        where: Collection,
        name: str,
        version: int,
        said: dict[str, Any],
        customer: uuid.UUID = CUSTOMER,
    ) -> None:
        """Write to the chatbot."""
        self.run.folder.chatbot.parent.mkdir(parents=True, exist_ok=True)
        database = Database(self.run.folder.chatbot)
        try:
            with database.transaction() as connection:
                Store(connection).put(Place(str(customer), where, name), version, said)
        finally:
            database.close()

    def at_chatbot(self, statement: str, *values: Any) -> None:
        """Doctor the chatbot's database."""
        database = Database(self.run.folder.chatbot)
        try:
            with database.transaction() as connection:
                connection.execute(statement, values)
        finally:
            database.close()

    def write(self, collection: str, action: str, name: str | None, said: Any, **told: Any) -> str:
        """A write that was accepted, and its task, which has succeeded; returns the task."""
        self._writes += 1
        task = str(new_id())
        family = {"documents": "document.upload_text", "faqs": "faq.create"}
        kind = family.get(collection, f"catalogue.upsert_{collection}")
        payload = {"customer_id": str(CUSTOMER)}
        self.run.row(task, kind, None, state="succeeded", payload=payload)
        self.run.entry(task, "task.succeeded")
        with Journal(self.run.folder.client_log) as log:
            log.write(
                event="write", write=self._writes, customer=str(CUSTOMER), collection=collection,
                action=action, id=name, content=said,
            )  # fmt: skip
            log.write(event="written", write=self._writes, code=202, told={"task_id": task, **told})
        return task

    def lose(self, collection: str) -> None:
        """A write whose answer was lost."""
        self._writes += 1
        with Journal(self.run.folder.client_log) as log:
            log.write(
                event="write", write=self._writes, customer=str(CUSTOMER), collection=collection,
                action="put", id="cup", content={},
            )  # fmt: skip
            log.write(event="written", write=self._writes, code=None, told=None)

    def _synced(self, name: str, entity: str, version: int) -> None:
        self.run.sql(
            "INSERT INTO syncs (entity_id, customer_id, entity, desired_version, synced_version,"
            " state) VALUES (%s, %s, %s, %s, %s, 'synced')",
            *[name, CUSTOMER, entity, version, version],
        )
