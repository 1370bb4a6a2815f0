"""Questions to the embedded index. Each of them is bound to one customer and one floor."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from tantivy import FieldType, Occur, Query, Schema

from indexer.documents import folded, tag
from indexer.matching import EXACT_NAME, EXACT_TEXT, FUZZY_NAME, FUZZY_TEXT, edits, needed
from indexer.ports import Scope


class Questions:
    """Makes queries for one schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def keys(self, keys: Sequence[str]) -> Query:
        """The documents with these keys."""
        return Query.term_set_query(self._schema, "key", keys)

    def customers(self, customer_id: UUID, *, above: int = 0, up_to: int | None = None) -> Query:
        """All of a customer's documents, tombstones too, at versions in these bounds."""
        versions = Query.range_query(
            self._schema,
            "version",
            FieldType.Unsigned,
            lower_bound=above,
            upper_bound=up_to,
            include_lower=False,
        )
        return _all_of([self._is("customer_id", str(customer_id)), versions])

    def tombstones(self, customer_id: UUID, up_to: int) -> Query:
        """Those of a customer at versions up to this one."""
        return _all_of([self.customers(customer_id, up_to=up_to), self._is("deleted", True)])

    def visible(self, scope: Scope) -> Query:
        """What a question may see; scores nothing."""
        filters = scope.filters
        parts = [
            self.customers(scope.customer_id, above=scope.floor),
            self._is("deleted", False),
        ]
        if filters.category:
            parts.append(self._any("category", [folded(value) for value in filters.category]))
        if filters.currency:
            parts.append(self._any("currency", filters.currency))
        if (filters.price_from, filters.price_to) != (None, None):
            parts.append(
                Query.range_query(
                    self._schema,
                    "price",
                    FieldType.Float,
                    lower_bound=_float(filters.price_from),
                    upper_bound=_float(filters.price_to),
                )
            )
        for name, values in filters.attributes.items():
            parts.append(self._any("tags", [tag(name, value) for value in values]))
        return Query.const_score_query(_all_of(parts), 0.0)

    def embedded(self, scope: Scope, model: str) -> Query:
        """What can be compared with a vector of this model."""
        return _all_of([self.visible(scope), self._is("vector_model", model)])

    def by_words(self, scope: Scope, terms: Sequence[str]) -> Query:
        """Most of the words must be there, each of them rightly or nearly rightly spelt."""
        words = [(Occur.Should, self._word(term)) for term in terms]
        return _all_of([self.visible(scope), Query.boolean_query(words, needed(len(words)))])

    def _word(self, term: str) -> Query:
        queries = [
            Query.boost_query(self._is("name", term), EXACT_NAME),
            Query.boost_query(self._is("text", term), EXACT_TEXT),
        ]
        if distance := edits(term):
            queries.append(self._fuzzy("name", term, distance, FUZZY_NAME))
            queries.append(self._fuzzy("text", term, distance, FUZZY_TEXT))
        return Query.disjunction_max_query(queries)

    def _fuzzy(self, field: str, term: str, distance: int, boost: float) -> Query:
        nearly = Query.fuzzy_term_query(self._schema, field, term, distance=distance)
        return Query.const_score_query(nearly, boost)

    def _is(self, field: str, value: Any) -> Query:
        return Query.term_query(self._schema, field, value)

    def _any(self, field: str, values: Sequence[str]) -> Query:
        return Query.term_set_query(self._schema, field, values)


def _all_of(queries: Sequence[Query]) -> Query:
    return Query.boolean_query([(Occur.Must, query) for query in queries])


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
