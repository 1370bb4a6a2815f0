"""Entities that payloads name by their ids: they must be the caller's own.

Whatever kind it is of, a field of this name is looked at if it holds UUIDs. Artifacts are named by
fields of any name: gateway.tasks.payloads sees to them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, LiteralString, Self
from uuid import UUID

from gateway.books.problems import BookNotFound
from gateway.database import Pool, rows_of
from gateway.images.problems import DescriptionNotFound
from gateway.problems import NotFound, Problem
from warren.contracts.payload_schema import below


@dataclass(frozen=True, slots=True)
class _Entity:
    word: str
    #: Selects those of `ids` that the customer has.
    query: LiteralString
    problem: type[Problem]


_BOOK = _Entity(
    "book", "SELECT id FROM books WHERE id = ANY (%s::uuid[]) AND customer_id = %s", BookNotFound
)
_DESCRIPTION = _Entity(
    "description",
    "SELECT id FROM book_descriptions WHERE id = ANY (%s::uuid[]) AND customer_id = %s",
    DescriptionNotFound,
)
#: A request's id is its task's.
_REQUEST = _Entity(
    "request", "SELECT id FROM tasks WHERE id = ANY (%s::uuid[]) AND customer_id = %s", NotFound
)
_FIELDS = {
    "book_id": _BOOK,
    "book_ids": _BOOK,
    "description_id": _DESCRIPTION,
    "description_ids": _DESCRIPTION,
    "request_id": _REQUEST,
    "request_ids": _REQUEST,
}

#: What is answered, beside NotFound.
NOT_OWNED = (BookNotFound, DescriptionNotFound)


@dataclass(frozen=True, slots=True)
class Entities:
    """Knows whose the entities are."""

    pool: Pool
    #: What was looked up before, of many payloads, is not looked up again.
    found: Mapping[_Entity, set[UUID]] | None = None

    async def of_many(self, payloads: Iterable[Mapping[str, Any]], customer_id: UUID) -> Self:
        """For these payloads of a customer: one query for each sort of what they name."""
        wanted: dict[_Entity, set[UUID]] = {entity: set() for entity in _FIELDS.values()}
        for payload in payloads:
            for name in _FIELDS.keys() & payload.keys():
                wanted[_FIELDS[name]].update(dict(_ids(name, payload[name])).values())
        found = {
            entity: await self._owned(entity, ids, customer_id) for entity, ids in wanted.items()
        }
        return replace(self, found=found)

    async def ensure_owned(
        self, payload: Mapping[str, Any], customer_id: UUID, path: str = "payload"
    ) -> None:
        """Raise BookNotFound, DescriptionNotFound or NotFound, naming the field below `path`."""
        for name in _FIELDS.keys() & payload.keys():
            named = dict(_ids(name, payload[name]))
            if named:
                await self._ensure(_FIELDS[name], named, customer_id, path)

    async def _ensure(
        self, entity: _Entity, named: Mapping[str, UUID], customer_id: UUID, path: str
    ) -> None:
        if self.found is not None:
            found = self.found[entity]
        else:
            found = await self._owned(entity, named.values(), customer_id)
        for place, wanted in named.items():
            if wanted not in found:
                what = f"names a {entity.word} that you do not have: {wanted}"
                raise entity.problem.at(below(path, place), what)

    async def _owned(self, entity: _Entity, ids: Collection[UUID], customer_id: UUID) -> set[UUID]:
        if not ids:
            return set()
        rows = await rows_of(self.pool, entity.query, [list(ids), customer_id])
        return {row["id"] for row in rows}


def _ids(name: str, value: Any) -> Iterator[tuple[str, UUID]]:
    """Those that are UUIDs: another service may call its own things so, by ids of its own."""
    given = value if isinstance(value, list) else [value]
    for number, item in enumerate(given):
        place = f"{name}[{number}]" if isinstance(value, list) else name
        if isinstance(item, UUID):
            yield place, item
        elif isinstance(item, str):
            try:
                yield place, UUID(item)
            except ValueError:
                continue
