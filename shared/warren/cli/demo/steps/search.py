"""Puts goods into a catalogue and finds them again."""

from dataclasses import dataclass
from typing import Any

from warren.cli.demo.exhibits import Hits, Outcome
from warren.cli.demo.step import Bench
from warren.cli.demo.texts import PRODUCTS, QUESTIONS

_PATH = "/api/v1/catalogue/products"
_MOST_HITS = 3
#: Vectors are made by a job of their own, after that of the words.
_VECTORS_TAKE = 60.0


@dataclass(frozen=True, slots=True)
class Search:
    """A bulk of goods, and questions by words and by meaning."""

    title: str = "Index and search"
    domain: str = "search"
    process: str = "indexer"

    def run(self, bench: Bench, before: Outcome | None) -> Outcome:
        """Write the goods, wait for their vectors, ask."""
        items = [
            {
                "id": f"demo-{id_}",
                "name": name,
                "description": about,
                "price": price,
                "currency": "EUR",
            }
            for id_, name, about, price in PRODUCTS
        ]
        answer = bench.client.post(f"{_PATH}/bulk", {"items": items})
        if answer.get("task_id"):
            bench.finished(str(answer["task_id"]))
        bench.report(60, "waiting for vectors")
        bench.until(lambda: _all_by_meaning(bench), _VECTORS_TAKE, "a search by meaning")
        found = tuple(_asked(bench, *question) for question in QUESTIONS)
        first = found[0]
        summary = f"{len(items)} goods; “{first.question}” finds {first.items[0][0]}"
        return Outcome(summary, f"{_PATH}/search?q={first.question}", found)


def _all_by_meaning(bench: Bench) -> bool | None:
    page = _page(bench, "light", "semantic", limit=len(PRODUCTS))
    return True if len(page["hits"]) >= len(PRODUCTS) else None


def _asked(bench: Bench, question: str, mode: str, how: str) -> Hits:
    hits = _page(bench, question, mode, limit=_MOST_HITS)["hits"]
    items = tuple(
        (
            str(hit["item"]["name"]),
            f"{hit['item'].get('price', 0):.2f} {hit['item'].get('currency')}",
        )
        for hit in hits
    )
    return Hits(question, how, items)


def _page(bench: Bench, question: str, mode: str, limit: int) -> dict[str, Any]:
    page: dict[str, Any] = bench.client.get(f"{_PATH}/search", q=question, mode=mode, limit=limit)
    return page
