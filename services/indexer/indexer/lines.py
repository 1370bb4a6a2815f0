"""The lines of a bulk's file: read in flat memory, each judged by itself."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ValidationError

from warren.contracts.catalogue import MAX_FAILURE_REASON, DeletionLine, ItemFailure
from warren.contracts.catalogue_item import MAX_ITEM_BYTES, CatalogueItem

#: Bytes. What is longer is not kept in memory; the item's own bound is lower.
LONGEST_LINE = 2 * MAX_ITEM_BYTES


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that can be applied; without an item it deletes."""

    line: int
    id: str
    version: int
    item: dict[str, Any] | None


Judged = Entry | ItemFailure
#: Takes the item out of a line's document; raises _BadLine.
_Read = Callable[[dict[str, Any], str], dict[str, Any] | None]


def upserts(chunks: Iterable[bytes], first_version: int, customer_id: UUID) -> Iterator[Judged]:
    """Every line of a bulk upsert, in order: what is to be written, or why it cannot be."""
    for number, raw in enumerate(lines_of(chunks)):
        yield _judged(number, first_version + number, raw, partial(_item, customer_id))


def deletions(chunks: Iterable[bytes], first_version: int) -> Iterator[Judged]:
    """The same of a bulk deletion."""
    for number, raw in enumerate(lines_of(chunks)):
        yield _judged(number, first_version + number, raw, _nothing)


def lines_of(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines without their ends, and without blank ones; of too long a line only its beginning."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())
        # Enough to be recognised as too long.
        rest = rest if len(rest) <= LONGEST_LINE else rest[: LONGEST_LINE + 1]
    if rest.strip():
        yield rest


def _judged(number: int, version: int, raw: bytes, read: _Read) -> Judged:
    try:
        document = _document(raw)
        item_id = str(document.get("id", ""))[:256]
        _check_version(document.get("entity_version"), version, item_id)
        return Entry(number, item_id, version, read(document, item_id))
    except _BadLine as bad:
        return ItemFailure(
            id=bad.id,
            entity_version=version,
            line=number,
            field=bad.field,
            reason=bad.reason[:MAX_FAILURE_REASON],
        )


class _BadLine(Exception):
    def __init__(self, item_id: str, field: str | None, reason: str) -> None:
        super().__init__(reason)
        self.id, self.field, self.reason = item_id, field, reason


def _check_version(given: Any, version: int, item_id: str) -> None:
    if given != version:
        reason = f"is {str(given)[:50]}, but this line is version {version}"
        raise _BadLine(item_id, "entity_version", reason)


def _nothing(document: dict[str, Any], item_id: str) -> None:
    _check(DeletionLine, document, item_id, "")


def _item(customer_id: UUID, document: dict[str, Any], item_id: str) -> dict[str, Any]:
    item: dict[str, Any] = document.get("item", {})
    if item.get("id") != document.get("id"):
        raise _BadLine(item_id, "id", "differs from that of the item")
    owner = item.get("customer_id")
    if owner is not None and owner != str(customer_id):
        raise _BadLine(item_id, "customer_id", "is another customer's")
    _check(CatalogueItem, item, item_id, "item")
    return item


def _document(raw: bytes) -> dict[str, Any]:
    if len(raw) > LONGEST_LINE:
        raise _BadLine("", None, f"the line is longer than {LONGEST_LINE} bytes")
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        document = _lenient(raw, str(error))
    if not isinstance(document, dict) or not isinstance(document.get("item", {}), dict):
        raise _BadLine("", None, "the line is no object with an item")
    return document


def _lenient(raw: bytes, reason: str) -> Any:
    """With what JSON does not know (NaN), so that the field at fault can be named."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _BadLine("", None, f"the line is no JSON: {reason}") from error


def _check(model: type[BaseModel], value: Any, item_id: str, whole: str) -> None:
    try:
        model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or _named(first) or whole or None
        message = first["msg"].removeprefix("Value error, ")
        raise _BadLine(item_id, field, message.removeprefix(f"{field}: ")) from error


def _named(error: Any) -> str:
    cause = error.get("ctx", {}).get("error")
    return str(getattr(cause, "field", "") or "")
