"""Puts the parts together as the settings say."""

import atexit
import functools
from dataclasses import dataclass

from indexer.adapters.coalescing import CoalescingIndex
from indexer.adapters.sqlite_vectors import SqliteVectors
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.ports import CatalogueIndex, VectorCache


@dataclass(frozen=True, slots=True)
class Opened:
    """The index, and where vectors are kept beside it."""

    index: CatalogueIndex
    vectors: VectorCache


def open_index(settings: IndexSettings) -> Opened:
    """Connects to nothing yet; whoever opens it closes the index."""
    if settings.elasticsearch_url is None:
        vectors = SqliteVectors(settings.folder / "vectors.sqlite", settings.folder_timeout)
        return Opened(TantivyIndex(settings), vectors)
    # A process that never speaks with Elasticsearch starts sooner without its client.
    from indexer.adapters.elasticsearch_index import ElasticsearchIndex
    from indexer.adapters.elasticsearch_vectors import ElasticsearchVectors

    index = ElasticsearchIndex(settings)
    return Opened(index, ElasticsearchVectors(index, settings))


@functools.cache
def process_index() -> Opened:
    """That of this process, made at the first job; jobs of all threads write together."""
    opened = open_index(IndexSettings())
    atexit.register(opened.index.close)
    return Opened(CoalescingIndex(opened.index), opened.vectors)
