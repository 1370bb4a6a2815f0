"""Vectors in an index of their own, which nobody searches."""

import base64
from collections.abc import Mapping, Sequence

import numpy as np

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.adapters.elasticsearch_making import make_index
from indexer.adapters.elasticsearch_mapping import index_body, vectors_alias
from indexer.config import IndexSettings
from indexer.errors import IndexRefused
from indexer.ports import Vector


class ElasticsearchVectors:
    """Implements `VectorCache`. A vector that is not kept is only made again."""

    def __init__(self, index: ElasticsearchIndex, settings: IndexSettings) -> None:
        self._client = index.client
        self._calls = index.calls
        self._alias = vectors_alias(settings.elasticsearch_prefix)
        self._refresh = settings.elasticsearch_refresh

    def get(self, keys: Sequence[str]) -> dict[str, Vector]:
        if not keys:
            return {}
        with self._calls.calling("reading vectors"):
            answer = self._client.mget(index=self._alias, ids=list(keys))
        return {
            found["_id"]: np.frombuffer(base64.b64decode(found["_source"]["vector"]), np.float32)
            for found in answer["docs"]
            if found.get("found")
        }

    def put(self, vectors: Mapping[str, Vector]) -> None:
        operations: list[dict[str, object]] = []
        for key, vector in vectors.items():
            text = base64.b64encode(vector.astype(np.float32).tobytes()).decode()
            operations += [{"index": {"_id": key}}, {"vector": text}]
        if operations and not self._sent(operations):
            body = index_body(self._alias, self._refresh, vectors=True)
            make_index(self._client, self._calls, self._alias, body)
            self._sent(operations)

    def _sent(self, operations: Sequence[dict[str, object]]) -> bool:
        """False if there is no index yet."""
        with self._calls.calling("keeping vectors"):
            answer = self._client.bulk(
                index=self._alias,
                operations=operations,
                require_alias=True,
                filter_path=["items.*.status", "items.*.error.type"],
            )
        statuses = {item["index"]["status"] for item in answer["items"]}
        if 400 in statuses:
            raise IndexRefused("the search index refused vectors")
        return 404 not in statuses
