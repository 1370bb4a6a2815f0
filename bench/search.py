"""Bulk indexing beside raw `helpers.bulk` on the same node, documents and run; the embedded index.

python -m bench.search [--documents 30000] [--rounds 3] [--singles 5000]

Prints rows for docs/benchmarks/search.md. A bulk job is measured as it runs in a worker: NDJSON is
read, judged, analysed, written and noted. `helpers.bulk` is given documents that are ready. Single
writes come from as many threads as a worker has; beside them the same threads with a request for
each, and a plain loop. The load of the machine is printed first: at more than its cores, trust the
processor time.
"""

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import orjson
from elasticsearch import helpers

from indexer.adapters.coalescing import CoalescingIndex
from indexer.adapters.elasticsearch_index import ElasticsearchIndex
from indexer.adapters.elasticsearch_mapping import alias_of, document, document_id
from indexer.adapters.nano_embedder import NanoEmbedder
from indexer.adapters.sqlite_vectors import SqliteVectors
from indexer.adapters.tantivy_index import TantivyIndex
from indexer.analysis import terms
from indexer.config import IndexSettings
from indexer.embedding import embed
from indexer.lines import upserts
from indexer.ports import CatalogueIndex, DocumentWrite, Scope
from indexer.service import Target, write_many, write_one
from warren.contracts.catalogue_item import EntityKind
from warren.providers import ProviderBoard
from warren.testing.elasticsearch_node import ElasticsearchNode

PRODUCT = EntityKind.PRODUCT
PREFIX = "bench"
#: As many jobs of one process as wait for the index at a time.
THREADS = 16
Items = Sequence[dict[str, Any]]


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--singles", type=int, default=5_000)
    options = parser.parse_args()
    print(f"load of the last minute: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    items = made_up(options.documents)
    with tempfile.TemporaryDirectory(prefix="warren-bench-") as root:
        embedded(Path(root), items)
        vectors(Path(root), items[:500])
    with elasticsearch() as index:
        beside_helpers(index, items, options.rounds)
        singles(index, items[: options.singles], options.rounds)


def made_up(count: int) -> Items:
    """Products of some forty words each, always the same ones."""
    chance = random.Random(7)
    letters = "abcdefghijklmnoprstuvz"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(20_000)]
    return [
        {
            "id": f"item-{number}",
            "name": " ".join(chance.choices(words, k=5)),
            "category": chance.choice(words[:50]),
            "description": " ".join(chance.choices(words, k=30)),
            "price": round(chance.uniform(1, 500), 2),
            "currency": "EUR",
            "attributes": {"colour": chance.choice(words[:10]), "size": chance.randint(1, 40)},
        }
        for number in range(count)
    ]


def embedded(root: Path, items: Items) -> None:
    """The embedded index: all documents as bulk jobs write them, then searches."""
    index = TantivyIndex(IndexSettings(folder=root / "search"))
    customer = uuid4()
    seconds = bulk(index, customer, items)
    print(f"embedded: {len(items):,} documents in {seconds:.1f} s ({len(items) / seconds:,.0f}/s)")
    questions = [terms(" ".join(item["name"].split()[:2])) for item in items[:500]]
    times = [
        timed(partial(index.search_words, PRODUCT, Scope(customer), words, 20, 0))
        for words in questions
    ]
    print(f"embedded search: {percentiles(times)}")


def vectors(root: Path, items: Items) -> None:
    """Vectors as `catalogue.embed` makes them, beside the model alone."""
    index, cache = TantivyIndex(IndexSettings(folder=root / "v")), SqliteVectors(root / "c", 10)
    target, model = Target(index, PRODUCT, uuid4()), NanoEmbedder()
    model.warm_up()
    bulk(index, target.customer_id, items)
    texts = [f"{item['name']}\n{item['category']}\n{item['description']}" for item in items]
    alone = timed(lambda: model.passages(texts))
    versions = {item["id"]: number + 1 for number, item in enumerate(items)}

    def jobs() -> None:
        names = list(versions)
        for begin in range(0, len(names), 100):
            some = {name: versions[name] for name in names[begin : begin + 100]}
            embed(target, some, model, cache, lambda _percent, _message: None)

    whole = timed(jobs)
    ours, models = len(items) / whole, len(items) / alone
    print(f"vectors: {ours:.1f}/s, the model alone {models:.1f}/s: {ours / models:.2f}")


@contextmanager
def elasticsearch() -> Iterator[ElasticsearchIndex]:
    """An index on a node of its own, which exists already."""
    folder = Path(".warren/bench-elasticsearch").resolve()
    node = ElasticsearchNode(folder)
    settings = IndexSettings(elasticsearch_url=node.start(), elasticsearch_prefix=PREFIX)
    index = ElasticsearchIndex(settings, ProviderBoard())
    try:
        index.write(PRODUCT, [DocumentWrite(uuid4(), "first", 1, {"name": "first"})])
        yield index
    finally:
        index.close()
        node.kill()
        shutil.rmtree(folder)


def beside_helpers(index: ElasticsearchIndex, items: Items, rounds: int) -> None:
    """Each round both, one after the other, each into a customer of its own."""
    ours, raw = [], []
    for _ in range(rounds):
        ours.append(len(items) / bulk(index, uuid4(), items))
        raw.append(len(items) / helpers_bulk(index, uuid4(), items))
        print(f"bulk jobs {ours[-1]:,.0f}/s, helpers.bulk {raw[-1]:,.0f}/s")
    print(f"bulk jobs beside helpers.bulk: {ratio(ours, raw)}")


def singles(index: ElasticsearchIndex, items: Items, rounds: int) -> None:
    """Single upserts as a worker's threads write them, beside one request each."""
    together, apart, loop = [], [], []
    for _ in range(rounds):
        together.append(len(items) / upserted(CoalescingIndex(index), items))
        apart.append(len(items) / upserted(index, items))
        loop.append(len(items) / looped(index, items))
        print(
            f"single upserts: {together[-1]:,.0f}/s together, {apart[-1]:,.0f}/s with a request"
            f" each, {loop[-1]:,.0f}/s in a plain loop"
        )
    print(f"together beside a request each: {ratio(together, apart)}")
    print(f"together beside a plain loop: {ratio(together, loop)}")


def upserted(index: CatalogueIndex, items: Items) -> float:
    """Seconds that the threads of a worker take to write each item by itself."""
    target = Target(index, PRODUCT, uuid4())

    def write(number: int) -> None:
        assert write_one(target, items[number]["id"], number + 1, items[number]).applied == 1

    with ThreadPoolExecutor(THREADS) as threads:
        return timed(lambda: list(threads.map(write, range(len(items)))))


def looped(index: ElasticsearchIndex, items: Items) -> float:
    """Seconds that the official client takes, one call after the other, for prepared documents."""
    customer, alias = uuid4(), alias_of(PREFIX, PRODUCT)
    ready = [
        document(DocumentWrite(customer, item["id"], number + 1, item))
        for number, item in enumerate(items)
    ]

    def loop() -> None:
        for number, body in enumerate(ready):
            index.client.index(
                index=alias,
                id=document_id(customer, body["id"]),
                routing=str(customer),
                version=2 * number + 2,
                version_type="external",
                document=body,
            )

    return timed(loop)


def ratio(ours: Sequence[float], others: Sequence[float]) -> str:
    """Median and range of what each round gave."""
    ratios = [one / other for one, other in zip(ours, others, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"


def bulk(index: CatalogueIndex, customer: UUID, items: Items) -> float:
    """Seconds that bulk jobs of 5,000 documents take, one after the other."""
    files = [_file(items, begin) for begin in range(0, len(items), 5_000)]
    target = Target(index, PRODUCT, customer)

    def jobs() -> None:
        for first, count, content in files:
            chunks = [content[at : at + (1 << 20)] for at in range(0, len(content), 1 << 20)]
            result = write_many(
                target,
                upserts(chunks, first, customer),
                count,
                first,
                lambda _key, write: write(),
                lambda _begin, _entries: None,
                lambda _percent, _message: None,
            )
            assert result.applied == count

    return timed(jobs)


def helpers_bulk(index: ElasticsearchIndex, customer: UUID, items: Items) -> float:
    """Seconds that the official client's helper takes for the same documents, prepared before."""
    alias = alias_of(PREFIX, PRODUCT)
    actions = [
        {
            "_index": alias,
            "_id": document_id(customer, item["id"]),
            "routing": str(customer),
            "version": 2 * number + 2,
            "version_type": "external",
            **document(DocumentWrite(customer, item["id"], number + 1, item)),
        }
        for number, item in enumerate(items)
    ]
    return timed(lambda: helpers.bulk(index.client, actions))


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def percentiles(seconds: Sequence[float]) -> str:
    """Median and 95th."""
    median, high = np.percentile(seconds, [50, 95]) * 1000
    return f"p50 {median:.2f} ms, p95 {high:.2f} ms"


def _file(items: Items, begin: int) -> tuple[int, int, bytes]:
    part = items[begin : begin + 5_000]
    lines = [
        orjson.dumps(
            {
                "id": item["id"],
                "entity_version": begin + number + 1,
                "content_hash": "0" * 64,
                "item": item,
            }
        )
        for number, item in enumerate(part)
    ]
    return begin + 1, len(part), b"\n".join(lines)


if __name__ == "__main__":
    main()
