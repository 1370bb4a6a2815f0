"""The embedded index."""

import pytest

from indexer.adapters.tantivy_index import TantivyIndex
from indexer.ports import CatalogueIndex
from tests.integration.search.behaviour import IndexBehaviour


class TestEmbeddedIndex(IndexBehaviour):
    @pytest.fixture
    def index(self, embedded_index: TantivyIndex) -> CatalogueIndex:
        return embedded_index
