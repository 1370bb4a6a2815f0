"""Vectors that are kept by their content, in a file and in Elasticsearch."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.adapters.elasticsearch_vectors import ElasticsearchVectors
from indexer.adapters.sqlite_vectors import SqliteVectors
from indexer.config import IndexSettings
from indexer.documents import content_key
from indexer.ports import Vector, VectorCache
from tests.integration.search.behaviour import vector


def keys(count: int, model: str) -> list[str]:
    return [content_key(model, f"text {number}") for number in range(count)]


class VectorBehaviour:
    """Tests of a `VectorCache`; subclasses provide the fixture `cache`."""

    def test_what_was_kept_is_there_and_nothing_else(self, cache: VectorCache) -> None:
        first, second, unknown = keys(3, "plain")
        assert cache.get([first, second]) == {}

        cache.put({first: vector(1), second: vector(0, 1)})

        found = cache.get([first, second, unknown])
        assert set(found) == {first, second}
        assert np.array_equal(found[first], vector(1))
        assert found[second].dtype == np.float32

    def test_nothing_is_asked_and_kept_for_nothing(self, cache: VectorCache) -> None:
        cache.put({})
        assert cache.get([]) == {}

    def test_thousands_are_kept_by_several_at_once(self, cache: VectorCache) -> None:
        names = keys(2_000, "many")
        shares: list[dict[str, Vector]] = [
            {name: vector(1, number) for number, name in enumerate(names[part::4])}
            for part in range(4)
        ]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(cache.put, shares))
            list(pool.map(cache.put, shares))

        assert set(cache.get(names)) == set(names)


class TestFile(VectorBehaviour):
    @pytest.fixture
    def cache(self, tmp_path: Path) -> VectorCache:
        return SqliteVectors(tmp_path / "search" / "vectors.sqlite", 20)

    def test_those_who_begin_at_the_same_time_all_find_it(self, tmp_path: Path) -> None:
        for number, name in enumerate(keys(20, "first")):
            folder = tmp_path / str(number)
            cache = SqliteVectors(folder / "vectors.sqlite", 20)
            begin = Barrier(8, timeout=20)

            def put(key: str, cache: VectorCache = cache, begin: Barrier = begin) -> None:
                begin.wait()
                cache.put({key: vector(1)})

            with ThreadPoolExecutor(8) as pool:
                list(pool.map(put, [f"{name}{part}" for part in range(8)]))

            assert len(cache.get([f"{name}{part}" for part in range(8)])) == 8
            assert not list(folder.glob(".vectors-*"))


@pytest.mark.elasticsearch
class TestElasticsearch(VectorBehaviour):
    @pytest.fixture
    def cache(
        self, elasticsearch_index: ElasticsearchIndex, elasticsearch_settings: IndexSettings
    ) -> VectorCache:
        return ElasticsearchVectors(elasticsearch_index, elasticsearch_settings)
