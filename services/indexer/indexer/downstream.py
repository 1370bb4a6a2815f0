"""What the indexer calls."""

from collections.abc import Sequence

from indexer.config import EmbeddingSettings, IndexSettings
from warren.worker.downstream import Downstream


def downstreams() -> Sequence[Downstream]:
    """Elasticsearch, and an embedding server that was chosen; keys for that are the callers'."""
    index, embedding = IndexSettings(), EmbeddingSettings()
    found = []
    if index.elasticsearch_url is not None:
        key = index.elasticsearch_api_key
        headers = {"Authorization": f"ApiKey {key.get_secret_value()}"} if key else {}
        found.append(
            Downstream("search-index", f"{index.elasticsearch_url}/_cluster/health", headers)
        )
    if "url" in embedding.model_fields_set:
        found.append(Downstream("embedding", f"{embedding.url}/models"))
    return found
