"""Which neighbours the indexer asks whether they answer."""

import pytest

from indexer.downstream import downstreams


def test_nothing_is_asked_that_was_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INDEXER_ELASTICSEARCH_URL", "INDEXER_EMBEDDING_URL"):
        monkeypatch.delenv(name, raising=False)

    assert list(downstreams()) == []


def test_elasticsearch_is_asked_with_its_key_and_an_embedding_server_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INDEXER_ELASTICSEARCH_URL", "https://search:9200/")
    monkeypatch.setenv("INDEXER_ELASTICSEARCH_API_KEY", "aWQ6a2V5")
    monkeypatch.setenv("INDEXER_EMBEDDING_URL", "http://embedder/v1")

    assert [(each.name, each.url, dict(each.headers)) for each in downstreams()] == [
        (
            "search-index",
            "https://search:9200/_cluster/health",
            {"Authorization": "ApiKey aWQ6a2V5"},
        ),
        ("embedding", "http://embedder/v1/models", {}),
    ]
