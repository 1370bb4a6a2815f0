"""Search indices of both kinds, empty, each for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from warren.providers import ProviderBoard


@pytest.fixture
def embedded_index(tmp_path: Path) -> TantivyIndex:
    return TantivyIndex(IndexSettings(folder=tmp_path / "search"))


@pytest.fixture
def elasticsearch_settings(elasticsearch_url: str, elasticsearch_prefix: str) -> IndexSettings:
    return IndexSettings(
        elasticsearch_url=elasticsearch_url, elasticsearch_prefix=elasticsearch_prefix
    )


@pytest.fixture
def elasticsearch_index(elasticsearch_settings: IndexSettings) -> Iterator[ElasticsearchIndex]:
    index = ElasticsearchIndex(elasticsearch_settings, ProviderBoard())
    yield index
    index.close()
