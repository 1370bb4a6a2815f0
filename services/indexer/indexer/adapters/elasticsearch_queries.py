"""Questions in Elasticsearch's language. Each of them is bound to one customer and one floor."""

from collections.abc import Sequence
from typing import Any

from indexer.documents import folded, tag
from indexer.matching import EXACT_NAME, EXACT_TEXT, FUZZY_NAME, FUZZY_TEXT, edits, needed
from indexer.ports import Embedded, Scope

Query = dict[str, Any]
#: How many vectors are looked at for each one that is wanted.
_CANDIDATES_PER_HIT, _MOST_CANDIDATES = 5, 2_000


def visible(scope: Scope) -> list[Query]:
    """The filters of every question."""
    filters = scope.filters
    queries: list[Query] = [
        {"term": {"customer_id": str(scope.customer_id)}},
        {"term": {"deleted": False}},
        {"range": {"version": {"gt": scope.floor}}},
    ]
    if filters.category:
        queries.append({"terms": {"category": [folded(value) for value in filters.category]}})
    if filters.currency:
        queries.append({"terms": {"currency": filters.currency}})
    prices = {"gte": filters.price_from, "lte": filters.price_to}
    if bounds := {name: value for name, value in prices.items() if value is not None}:
        queries.append({"range": {"price": bounds}})
    for name, values in filters.attributes.items():
        queries.append({"terms": {"tags": [tag(name, value) for value in values]}})
    return queries


def by_words(scope: Scope, terms: Sequence[str]) -> Query:
    """Most of the words must be there, each of them rightly or nearly rightly spelt."""
    if not terms:
        return {"bool": {"filter": visible(scope)}}
    return {
        "bool": {
            "filter": visible(scope),
            "should": [_word(term) for term in terms],
            "minimum_should_match": needed(len(terms)),
        }
    }


def nearest(scope: Scope, question: Embedded, limit: int) -> Query:
    """The `knn` part of a search."""
    return {
        "field": "vector",
        "query_vector": question.vector.tolist(),
        "k": limit,
        "num_candidates": min(_MOST_CANDIDATES, max(100, _CANDIDATES_PER_HIT * limit)),
        "filter": [*visible(scope), {"term": {"vector_model": question.model}}],
    }


def _word(term: str) -> Query:
    queries: list[Query] = [
        {"term": {"name": {"value": term, "boost": EXACT_NAME}}},
        {"term": {"text": {"value": term, "boost": EXACT_TEXT}}},
    ]
    if distance := edits(term):
        queries += [_fuzzy("name", term, distance, FUZZY_NAME)]
        queries += [_fuzzy("text", term, distance, FUZZY_TEXT)]
    return {"dis_max": {"queries": queries}}


def _fuzzy(field: str, term: str, distance: int, boost: float) -> Query:
    return {
        "fuzzy": {
            field: {
                "value": term,
                "fuzziness": distance,
                "max_expansions": 50,
                "boost": boost,
                "rewrite": "constant_score",
            }
        }
    }
