"""The catalogue in Elasticsearch: one index for each kind, behind an alias."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from elasticsearch import Elasticsearch

from indexer.adapters.elasticsearch_bulk import BulkWriter
from indexer.adapters.elasticsearch_calls import Calls, connect
from indexer.adapters.elasticsearch_making import make_index
from indexer.adapters.elasticsearch_mapping import (
    alias_of,
    document_id,
    index_body,
    versioned,
)
from indexer.adapters.elasticsearch_queries import by_words, nearest, visible
from indexer.config import IndexSettings
from indexer.ports import DocumentWrite, Embedded, Found, Hit, Scope, StoredDocument, WriteOutcome
from warren.contracts.catalogue_item import EntityKind
from warren.providers import ProviderBoard

_NOT_FOUND = 404
_PAGE = 1_000
_FOUND = ["id", "version", "item"]
_HELD = ["id", "version", "deleted", "vector_model"]


class ElasticsearchIndex:
    """Implements `CatalogueIndex`; makes its indices when they are first written to."""

    def __init__(self, settings: IndexSettings, board: ProviderBoard | None = None) -> None:
        self._settings = settings
        self._client = connect(settings)
        self._calls = Calls(board)
        self._bulk = BulkWriter(self._client, self._calls, self._make)

    @property
    def client(self) -> Elasticsearch:
        """The connection, for what else lies in the cluster."""
        return self._client

    @property
    def calls(self) -> Calls:
        """What is known of the cluster's state."""
        return self._calls

    def write(self, kind: EntityKind, writes: Sequence[DocumentWrite]) -> list[WriteOutcome]:
        return self._bulk.write(self._alias(kind), writes)

    def read(
        self, kind: EntityKind, customer_id: UUID, ids: Sequence[str]
    ) -> dict[str, StoredDocument]:
        wanted = [
            {"_id": document_id(customer_id, name), "routing": str(customer_id)} for name in ids
        ]
        if not wanted:
            return {}
        with self._calls.calling("reading documents"):
            answer = self._client.mget(index=self._alias(kind), docs=wanted)
        documents = (_stored(found["_source"]) for found in answer["docs"] if found.get("found"))
        return {document.id: document for document in documents}

    def clean(self, kind: EntityKind, customer_id: UUID, floor: int) -> int:
        return self._delete_all(kind, customer_id, floor)

    def forget(self, kind: EntityKind, customer_id: UUID, version: int) -> int:
        return self._delete_all(kind, customer_id, version, {"term": {"deleted": True}})

    def search_words(
        self, kind: EntityKind, scope: Scope, terms: Sequence[str], limit: int, offset: int
    ) -> Found:
        newest = [{"version": "desc"}]
        answer = self._search(
            kind,
            scope,
            query=by_words(scope, terms),
            sort=[{"_score": "desc"}, *newest] if terms else newest,
            size=limit,
            from_=offset,
            track_total_hits=True,
        )
        return _found(answer)

    def search_near(self, kind: EntityKind, scope: Scope, question: Embedded, limit: int) -> Found:
        return _found(self._search(kind, scope, knn=nearest(scope, question, limit), size=limit))

    def scan(self, kind: EntityKind, customer_id: UUID, floor: int = 0) -> Iterator[StoredDocument]:
        query = {
            "bool": {
                "filter": [
                    {"term": {"customer_id": str(customer_id)}},
                    {"range": {"version": {"gt": floor}}},
                ]
            }
        }
        for page in self._pages(kind, customer_id, query, _HELD):
            yield from (_stored({"item": {}, **hit["_source"]}) for hit in page)

    def count(self, kind: EntityKind, scope: Scope) -> int:
        with self._calls.calling("counting"):
            answer = self._client.count(
                index=self._alias(kind),
                query={"bool": {"filter": visible(scope)}},
                routing=str(scope.customer_id),
                ignore_unavailable=True,
            )
        return int(answer["count"])

    def name(self, kind: EntityKind) -> str:
        return versioned(self._alias(kind))

    def refresh(self, kind: EntityKind) -> None:
        with self._calls.calling("refreshing"):
            self._client.indices.refresh(index=self._alias(kind), ignore_unavailable=True)

    def check(self) -> None:
        with self._calls.calling("looking how it is"):
            self._client.cluster.health(wait_for_status="yellow", timeout="1s")

    def close(self) -> None:
        self._client.close()

    def _alias(self, kind: EntityKind) -> str:
        return alias_of(self._settings.elasticsearch_prefix, kind)

    def _make(self, alias: str) -> None:
        body = index_body(alias, self._settings.elasticsearch_refresh)
        make_index(self._client, self._calls, alias, body)

    def _search(self, kind: EntityKind, scope: Scope, **question: Any) -> Mapping[str, Any]:
        with self._calls.calling("searching"):
            answer = self._client.search(
                index=self._alias(kind),
                routing=str(scope.customer_id),
                source={"includes": _FOUND},
                ignore_unavailable=True,
                **question,
            )
        body: Mapping[str, Any] = answer.body
        return body

    def _pages(
        self,
        kind: EntityKind,
        customer_id: UUID,
        query: Mapping[str, Any],
        source: list[str],
    ) -> Iterator[list[dict[str, Any]]]:
        after: dict[str, Any] = {}
        while True:
            with self._calls.calling("listing"):
                answer = self._client.search(
                    index=self._alias(kind),
                    routing=str(customer_id),
                    query=query,
                    sort=[{"id": "asc"}],
                    size=_PAGE,
                    source={"includes": source},
                    ignore_unavailable=True,
                    **after,
                )
            page: list[dict[str, Any]] = answer["hits"]["hits"]
            if page:
                yield page
            if len(page) < _PAGE:
                return
            after = {"search_after": page[-1]["sort"]}

    def _delete_all(
        self, kind: EntityKind, customer_id: UUID, up_to: int, *more: Mapping[str, Any]
    ) -> int:
        whose = {"term": {"customer_id": str(customer_id)}}
        versions = {"range": {"version": {"lte": up_to}}}
        query = {"bool": {"filter": [whose, versions, *more]}}
        self.refresh(kind)
        deleted = 0
        for page in self._pages(kind, customer_id, query, ["id"]):
            deleted += self._delete(kind, customer_id, up_to, [hit["_id"] for hit in page])
        return deleted

    def _delete(self, kind: EntityKind, customer_id: UUID, floor: int, ids: list[str]) -> int:
        operations = [
            {
                "delete": {
                    "_id": name,
                    "routing": str(customer_id),
                    # Something newer that has come meanwhile stays.
                    "version": 2 * floor + 1,
                    "version_type": "external_gte",
                }
            }
            for name in ids
        ]
        with self._calls.calling("cleaning up"):
            answer = self._client.bulk(
                index=self._alias(kind), operations=operations, filter_path=["items.*.status"]
            )
        return sum(item["delete"]["status"] == 200 for item in answer["items"])


def _found(answer: Mapping[str, Any]) -> Found:
    hits = answer["hits"]
    return Found([_hit(hit) for hit in hits["hits"]], int(hits["total"]["value"]))


def _hit(hit: Mapping[str, Any]) -> Hit:
    source = hit["_source"]
    return Hit(source["id"], source["version"], hit["_score"] or 0.0, source["item"])


def _stored(source: Mapping[str, Any]) -> StoredDocument:
    item = None if source["deleted"] else source["item"]
    return StoredDocument(source["id"], source["version"], item, "vector_model" in source)
