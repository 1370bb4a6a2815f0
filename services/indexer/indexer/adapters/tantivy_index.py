"""The catalogue in an embedded index: a folder for each kind, no server."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import tantivy

from indexer.adapters.tantivy_documents import (
    SCHEMA_VERSION,
    document,
    item_of,
    key_of,
    stored,
    vector_of,
)
from indexer.adapters.tantivy_folder import TantivyFolder
from indexer.adapters.tantivy_queries import Questions
from indexer.config import IndexSettings
from indexer.ports import (
    DocumentWrite,
    Embedded,
    Found,
    Hit,
    Outcome,
    Scope,
    StoredDocument,
    Vector,
    WriteOutcome,
)
from warren.contracts.catalogue_item import EntityKind

Addresses = list[tantivy.DocAddress]


class TantivyIndex:
    """Implements `CatalogueIndex`. Comparing vectors takes time in proportion to their number."""

    def __init__(self, settings: IndexSettings) -> None:
        self._folders = {
            kind: TantivyFolder(
                settings.folder / f"{kind.value}-v{SCHEMA_VERSION}", settings.folder_timeout
            )
            for kind in EntityKind
        }
        #: The vectors that were compared last, as long as nothing is written.
        self._compared: tuple[object, list[tantivy.Document], Any] | None = None

    def write(self, kind: EntityKind, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        if not writes:
            return []
        folder = self._folders[kind]
        questions = Questions(folder.schema)

        def change(writer: tantivy.IndexWriter, searcher: tantivy.Searcher) -> list[WriteOutcome]:
            ranks = _ranks(searcher, questions, writes)
            return [_apply(writer, ranks, write) for write in writes]

        return folder.write(change)

    def read(
        self, kind: EntityKind, customer_id: UUID, ids: Sequence[str]
    ) -> dict[str, StoredDocument]:
        if not ids:
            return {}
        folder = self._folders[kind]
        searcher, _ = folder.searcher()
        query = Questions(folder.schema).keys([key_of(customer_id, name) for name in ids])
        found = [stored(searcher.doc(address)) for address in _some(searcher, query, len(ids))]
        return {held.id: held for held in found}

    def clean(self, kind: EntityKind, customer_id: UUID, floor: int) -> int:
        folder = self._folders[kind]
        return _delete_all(folder, Questions(folder.schema).customers(customer_id, up_to=floor))

    def forget(self, kind: EntityKind, customer_id: UUID, version: int) -> int:
        folder = self._folders[kind]
        return _delete_all(folder, Questions(folder.schema).tombstones(customer_id, version))

    def search_words(
        self, kind: EntityKind, scope: Scope, terms: Sequence[str], limit: int, offset: int
    ) -> Found:
        folder = self._folders[kind]
        searcher, _ = folder.searcher()
        questions = Questions(folder.schema)
        if terms:
            query = questions.by_words(scope, terms)
            result = searcher.search(query, limit, offset=offset)
        else:
            query = questions.visible(scope)
            result = searcher.search(
                query, limit, offset=offset, order_by_field="version", order=tantivy.Order.Desc
            )
        hits = [
            _hit(searcher.doc(address), float(score) if terms else 0.0)
            for score, address in result.hits
        ]
        return Found(hits, _count(result))

    def search_near(self, kind: EntityKind, scope: Scope, question: Embedded, limit: int) -> Found:
        documents, vectors = self._vectors(kind, scope, question.model)
        if not documents:
            return Found([], 0)
        # As Elasticsearch scores a cosine.
        scores = (1 + vectors @ question.vector) / 2
        best = np.argsort(-scores, kind="stable")[:limit]
        return Found(
            [_hit(documents[number], float(scores[number])) for number in best],
            min(limit, len(documents)),
        )

    def scan(self, kind: EntityKind, customer_id: UUID, floor: int = 0) -> Iterator[StoredDocument]:
        folder = self._folders[kind]
        searcher, _ = folder.searcher()
        query = Questions(folder.schema).customers(customer_id, above=floor)
        found = [stored(searcher.doc(address)) for address in _all(searcher, query)]
        yield from sorted(found, key=lambda held: held.id)

    def count(self, kind: EntityKind, scope: Scope) -> int:
        folder = self._folders[kind]
        searcher, _ = folder.searcher()
        return _count(searcher.search(Questions(folder.schema).visible(scope), 1))

    def name(self, kind: EntityKind) -> str:
        return self._folders[kind].name

    def refresh(self, kind: EntityKind) -> None:
        self._folders[kind].searcher()

    def check(self) -> None:
        for folder in self._folders.values():
            folder.check()

    def close(self) -> None:
        self._compared = None

    def _vectors(
        self, kind: EntityKind, scope: Scope, model: str
    ) -> tuple[list[tantivy.Document], Any]:
        folder = self._folders[kind]
        searcher, version = folder.searcher()
        asked = (kind, scope.customer_id, scope.floor, scope.filters.model_dump_json(), model)
        known = self._compared
        if known is not None and known[0] == (version, asked):
            return known[1], known[2]
        query = Questions(folder.schema).embedded(scope, model)
        documents = [searcher.doc(address) for address in _all(searcher, query)]
        vectors: list[Vector] = [vector_of(found) for found in documents]
        matrix = np.stack(vectors) if vectors else np.empty((0, 0), np.float32)
        self._compared = ((version, asked), documents, matrix)
        return documents, matrix


def _delete_all(folder: TantivyFolder, query: tantivy.Query) -> int:
    def change(writer: tantivy.IndexWriter, searcher: tantivy.Searcher) -> int:
        count = _count(searcher.search(query, 1))
        writer.delete_documents_by_query(query)
        return count

    return folder.write(change)


def _ranks(
    searcher: tantivy.Searcher, questions: Questions, writes: Sequence[DocumentWrite]
) -> dict[str, int]:
    """What is there of the documents that are to be written."""
    keys = [key_of(write.customer_id, write.id) for write in writes]
    addresses = _some(searcher, questions.keys(keys), len(keys))
    found = (searcher.doc(address) for address in addresses)
    return {str(held.get_first("key")): int(held.get_first("rank") or 0) for held in found}


def _apply(
    writer: tantivy.IndexWriter, ranks: dict[str, int], write: DocumentWrite
) -> WriteOutcome:
    key = key_of(write.customer_id, write.id)
    current = ranks.get(key)
    if current is not None and current >= write.rank:
        version = current // 2
        same = version == write.version
        return WriteOutcome(Outcome.APPLIED if same else Outcome.SUPERSEDED, version)
    try:
        made = document(write)
    except (TypeError, ValueError) as error:
        return WriteOutcome(Outcome.REFUSED, 0, f"cannot be kept: {error}", "item")
    if current is not None:
        writer.delete_documents_by_term("key", key)
    writer.add_document(made)
    ranks[key] = write.rank
    return WriteOutcome(Outcome.APPLIED, write.version)


def _all(searcher: tantivy.Searcher, query: tantivy.Query) -> Addresses:
    return _some(searcher, query, max(1, _count(searcher.search(query, 1))))


def _some(searcher: tantivy.Searcher, query: tantivy.Query, most: int) -> Addresses:
    """At most so many: the engine makes room for that, whether there are so many or not."""
    return [address for _, address in searcher.search(query, most, count=False).hits]


def _hit(found: tantivy.Document, score: float) -> Hit:
    held = stored(found)
    return Hit(held.id, held.version, score, held.item or item_of(found))


def _count(result: tantivy.SearchResult) -> int:
    # The package's own types do not know it.
    return int(getattr(result, "count", 0) or 0)
