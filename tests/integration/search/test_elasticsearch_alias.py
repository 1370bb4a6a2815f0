"""Writes whose index has lost its alias: it gets it again, or an operator is told."""

import pytest
import structlog

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.config import IndexSettings
from indexer.errors import IndexUnavailable
from indexer.ports import Outcome
from tests.integration.search.behaviour import Catalogue

pytestmark = pytest.mark.elasticsearch


@pytest.fixture
def catalogue(elasticsearch_index: ElasticsearchIndex) -> Catalogue:
    return Catalogue(elasticsearch_index)


@pytest.fixture
def alias(elasticsearch_index: ElasticsearchIndex, elasticsearch_settings: IndexSettings) -> str:
    """Nothing has its name, nor begins with it."""
    alias = f"{elasticsearch_settings.elasticsearch_prefix}-product"
    for name in elasticsearch_index.client.indices.get(index=f"{alias}*"):
        elasticsearch_index.client.indices.delete(index=name)
    return alias


def test_an_index_that_has_lost_its_alias_gets_it_again_with_the_next_write(
    catalogue: Catalogue, elasticsearch_index: ElasticsearchIndex, alias: str
) -> None:
    catalogue.text("a", 1)
    elasticsearch_index.client.indices.delete_alias(index=f"{alias}-v1", name=alias)

    assert catalogue.text("b", 2) is Outcome.APPLIED

    assert set(catalogue.held()) == {"a", "b"}


def test_an_alias_that_cannot_be_made_is_an_outage_that_an_operator_is_told_of(
    catalogue: Catalogue, elasticsearch_index: ElasticsearchIndex, alias: str
) -> None:
    # Given an index that has the name of the alias
    elasticsearch_index.client.indices.create(index=alias)

    with structlog.testing.capture_logs() as logged, pytest.raises(IndexUnavailable) as raised:
        catalogue.text("a", 1)

    assert raised.value.retry_after == 30
    assert alias in str(raised.value)
    assert [line["log_level"] for line in logged] == ["error"]

    # When it is out of the way
    elasticsearch_index.client.indices.delete(index=alias)
    assert catalogue.text("a", 1) is Outcome.APPLIED


def test_an_alias_of_two_indices_of_which_none_takes_writes_fails_no_document(
    catalogue: Catalogue, elasticsearch_index: ElasticsearchIndex, alias: str
) -> None:
    indices = elasticsearch_index.client.indices
    for number in (1, 2):
        indices.create(index=f"{alias}-v{number}", aliases={alias: {}})

    with pytest.raises(IndexUnavailable, match="no write index"):
        catalogue.text("a", 1)
