"""Whatever order writes arrive in, the index ends as the last accepted write of each item says."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.ports import CatalogueIndex
from tests.integration.search.interleavings import (
    CUSTOMERS,
    History,
    histories,
    replay,
    visible,
)

#: As many as workers: threads that write as processes would.
_INDICES = 4
_RELAXED = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


def _check(history: History, indices: Sequence[CatalogueIndex]) -> None:
    replay(history, indices)
    for customer in range(CUSTOMERS):
        assert visible(history, customer, indices[0]) == history.expected(customer)


class TestEmbedded:
    @pytest.fixture
    def indices(self, tmp_path: Path) -> list[CatalogueIndex]:
        return [TantivyIndex(IndexSettings(folder=tmp_path)) for _ in range(_INDICES)]

    @given(history=histories())
    @settings(_RELAXED, max_examples=25)
    def test_the_last_accepted_write_of_each_item_stands(
        self, indices: list[CatalogueIndex], history: History
    ) -> None:
        _check(history, indices)


@pytest.mark.elasticsearch
class TestElasticsearch:
    @pytest.fixture
    def indices(self, elasticsearch_index: ElasticsearchIndex) -> list[CatalogueIndex]:
        return [elasticsearch_index] * _INDICES

    @given(history=histories())
    @settings(_RELAXED, max_examples=25)
    def test_the_last_accepted_write_of_each_item_stands(
        self, indices: list[CatalogueIndex], history: History
    ) -> None:
        _check(history, indices)
