"""The index in a real Elasticsearch."""

import pytest

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.ports import CatalogueIndex
from tests.integration.search.behaviour import IndexBehaviour

pytestmark = pytest.mark.elasticsearch


class TestElasticsearchIndex(IndexBehaviour):
    @pytest.fixture
    def index(self, elasticsearch_index: ElasticsearchIndex) -> CatalogueIndex:
        return elasticsearch_index
