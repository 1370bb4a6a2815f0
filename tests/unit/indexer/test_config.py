import pytest

from indexer.config import IndexSettings, JobSettings, SearchNodeSettings
from warren.errors import ConfigurationError


def test_single_upserts_are_limited_unless_that_is_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert JobSettings().rate_limit == "10/s"
    monkeypatch.setenv("INDEXER_UPSERT_RATE", "off")
    assert JobSettings().rate_limit is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("INDEXER_UPSERT_RATE", "fast"),
        ("INDEXER_PATIENCE_DAYS", "0"),
        ("INDEXER_EMBED_CONCURRENCY", "none"),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        JobSettings()


@pytest.mark.parametrize("url", ["localhost:9200", "ftp://x", "http://node:port"])
def test_a_url_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("INDEXER_ELASTICSEARCH_URL", url)
    with pytest.raises(ConfigurationError, match="INDEXER_ELASTICSEARCH_URL"):
        IndexSettings()


def test_the_search_node_does_not_start_without_a_token_and_never_says_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("WARREN_SEARCH_TOKEN", raising=False)
    with pytest.raises(ConfigurationError, match="WARREN_SEARCH_TOKEN"):
        SearchNodeSettings()
    monkeypatch.setenv("WARREN_SEARCH_TOKEN", "a-secret-of-enough-length")
    assert "a-secret" not in repr(SearchNodeSettings())
