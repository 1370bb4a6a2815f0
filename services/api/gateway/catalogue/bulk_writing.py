"""A bulk as it goes through: items are judged, compared with what there is, and written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from anyio import to_thread

from gateway.catalogue.bulk_member import BulkTerms, Document, write_member
from gateway.catalogue.bulk_reading import ReadItem
from gateway.catalogue.bulk_telling import BulkEntry
from gateway.catalogue.items import InvalidItem, ValidItem, valid_id, valid_item
from gateway.catalogue.rows import Standing, standings
from gateway.catalogue.schemas import RefusedItem
from gateway.problems import FieldError
from warren.contracts.catalogue import MAX_BULK_DOCUMENTS, Action

#: Items that one step reads and judges; bytes of items that one task has, and a little more.
_STEP = 1_000
_TASK_BYTES = 8 * 1024 * 1024
_DESCRIBED = 100


@dataclass(slots=True)
class BulkTally:
    """What has become of the items so far."""

    members: list[UUID] = field(default_factory=list)
    accepted: int = 0
    unchanged: int = 0
    repeated: int = 0
    refused: int = 0
    errors: list[RefusedItem] = field(default_factory=list)

    def refuse(self, item: ReadItem, faults: list[FieldError]) -> None:
        """Note why an item is not accepted."""
        self.refused += 1
        given = item.value.get("id") if isinstance(item.value, dict) else item.value
        named = given[:200] if isinstance(given, str) else None
        for fault in faults[: _DESCRIBED - len(self.errors)]:
            self.errors.append(
                RefusedItem(
                    position=item.position, id=named, field=fault.field, message=fault.message
                )
            )


class BulkWriting:
    """Writes one bulk in tasks of at most 5,000 documents, in flat memory."""

    def __init__(self, terms: BulkTerms) -> None:
        self._terms = terms
        self._pending: dict[str, Document] = {}
        self._bytes = 0
        self.tally = BulkTally()
        #: What the audit tells of all of it, once something is written.
        self.entry: BulkEntry | None = None

    async def write(self, items: Iterator[ReadItem]) -> BulkTally:
        """Write all of them; what is committed when this raises stays."""
        read = _STEP
        while read == _STEP:
            read, documents = await to_thread.run_sync(self._judged, islice(items, _STEP))
            for document in await self._changed(documents):
                self._bytes += _size(document)
                self._pending.pop(document.id, None)
                self._pending[document.id] = document
                if len(self._pending) >= MAX_BULK_DOCUMENTS or self._bytes >= _TASK_BYTES:
                    await self._flush()
        await self._flush()
        return self.tally

    def _judged(self, step: Iterator[ReadItem]) -> tuple[int, list[Document]]:
        """How many items were read, and their documents: the last of those that have one id.

        One after the other, so that no more is held than what is kept: hostile items are large.
        """
        documents: dict[str, Document] = {}
        read = 0
        for item in step:
            read += 1
            try:
                document = self._document(item)
            except InvalidItem as error:
                self.tally.refuse(item, error.errors)
                continue
            self.tally.repeated += document.id in documents
            documents.pop(document.id, None)
            documents[document.id] = document
        return read, list(documents.values())

    def _document(self, item: ReadItem) -> Document:
        if item.fault is not None:
            raise InvalidItem([item.fault])
        if self._terms.action is Action.BULK_DELETE:
            return Document(valid_id(item.value), None)
        content = valid_item(item.value, self._terms.tenant.customer_id)
        return Document(content.id, content)

    async def _changed(self, documents: list[Document]) -> list[Document]:
        if not documents:
            return []
        tenant = self._terms.tenant
        keys = {d.id: (tenant.customer_id, tenant.entity_kind, d.id) for d in documents}
        async with tenant.gateway.pool.connection() as connection:
            found = await standings(connection, keys.values())
        changed = [d for d in documents if self._is_needed(d, found.get(keys[d.id]))]
        self.tally.unchanged += len(documents) - len(changed)
        return changed

    def _is_needed(self, document: Document, standing: Standing | None) -> bool:
        # What waits to be written here has not been found in the table.
        if document.id in self._pending:
            self.tally.repeated += 1
            return True
        if document.content is not None:
            return standing is None or not standing.has(
                document.content.content_hash, with_embedding=self._terms.with_embedding
            )
        return standing is not None and (standing.exists or not standing.indexed)

    async def _flush(self) -> None:
        documents, self._pending, self._bytes = list(self._pending.values()), {}, 0
        if documents:
            terms = self._terms
            if self.entry is None:
                pool = terms.tenant.gateway.pool
                self.entry = await BulkEntry.of(pool, terms.tenant, terms.action)
            self.tally.members.append(await write_member(terms, documents, self.entry))
            self.tally.accepted += len(documents)


def _size(document: Document) -> int:
    content: ValidItem | None = document.content
    return content.size if content else len(document.id)
