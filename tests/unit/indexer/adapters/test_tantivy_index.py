"""How much the embedded engine is asked for at a time."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from indexer.adapters.tantivy_folder import TantivyFolder
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.config import IndexSettings
from indexer.ports import DocumentWrite
from warren.contracts.catalogue_item import EntityKind

PRODUCT = EntityKind.PRODUCT


class Watched:
    """A searcher that remembers how many hits it was asked for."""

    def __init__(self, searcher: Any, limits: list[int]) -> None:
        self._searcher = searcher
        self._limits = limits

    def search(self, query: Any, limit: int, **more: Any) -> Any:
        self._limits.append(limit)
        return self._searcher.search(query, limit, **more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._searcher, name)


def test_no_more_hits_are_asked_for_than_there_are_however_large_the_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = TantivyIndex(IndexSettings(folder=tmp_path))
    mine, others, limits = uuid4(), uuid4(), list[int]()
    writes = [DocumentWrite(others, f"other-{n}", 1, {"id": "x", "name": "x"}) for n in range(500)]
    index.write(PRODUCT, writes)
    index.write(PRODUCT, [DocumentWrite(mine, name, 1, {"name": name}) for name in ("a", "b")])
    plain = TantivyFolder.searcher

    def watched(folder: TantivyFolder) -> tuple[Any, object]:
        searcher, version = plain(folder)
        return Watched(searcher, limits), version

    monkeypatch.setattr(TantivyFolder, "searcher", watched)

    assert set(index.read(PRODUCT, mine, ["a", "b", "c"])) == {"a", "b"}
    assert [held.id for held in index.scan(PRODUCT, mine)] == ["a", "b"]
    assert max(limits) <= 3
