"""What the indexer counts, for Prometheus."""

import functools

from prometheus_client import CollectorRegistry, Counter

from warren.contracts.catalogue import CatalogueResult


class IndexingNumbers:
    """Documents by what came of them: `applied`, `superseded` or `failed`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._documents = Counter(
            "warren_indexed_documents",
            "Documents that were written to the index or deleted from it",
            ["entity_kind", "outcome"],
            registry=self.registry,
        )

    def note(self, result: CatalogueResult) -> None:
        """Count what came of a job."""
        for outcome in ("applied", "superseded", "failed"):
            count = getattr(result, outcome)
            self._documents.labels(result.entity_kind.value, outcome).inc(count)


@functools.cache
def indexing_numbers() -> IndexingNumbers:
    """Those of this process."""
    return IndexingNumbers()
