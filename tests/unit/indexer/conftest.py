"""Jobs on an embedded index that belongs to one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.opening import process_index
from indexer.ports import CatalogueIndex


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueIndex]:
    """What the jobs of this process write to."""
    monkeypatch.setenv("INDEXER_FOLDER", str(tmp_path / "search"))
    monkeypatch.delenv("INDEXER_ELASTICSEARCH_URL", raising=False)
    process_index.cache_clear()
    yield process_index().index
    process_index.cache_clear()
