"""From what a caller sends to an item that can be indexed, or to what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from gateway.problems import FieldError
from gateway.tasks.envelope import field_errors
from warren.contracts.catalogue_item import (
    CatalogueItem,
    EntityId,
    ItemOutOfBounds,
    content_hash,
)

#: What callers may take for fields of an item, and would be stored and found as such.
_NOT_HERE = {
    "api_key": "is no field of an item: send it as the header X-Embedding-Api-Key",
    "with_embedding": "is no field of an item: send it as a query parameter",
}
_ID: TypeAdapter[str] = TypeAdapter(EntityId)


@dataclass(frozen=True, slots=True)
class ValidItem:
    """An item within its bounds, without nulls, and the hash of its content."""

    id: str
    item: dict[str, Any]
    content_hash: str
    #: Bytes of its JSON.
    size: int


class InvalidItem(ValueError):
    """The item is refused; `errors` name its fields."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


def valid_item(given: Any, customer_id: UUID) -> ValidItem:
    """The item of this customer; raises InvalidItem."""
    if not isinstance(given, Mapping):
        raise InvalidItem([FieldError("item", "must be an object")])
    item = {name: value for name, value in given.items() if value is not None}
    _refuse_foreign(item, customer_id)
    item.pop("customer_id", None)
    try:
        model = CatalogueItem.model_validate(item)
    except ValidationError as error:
        raise InvalidItem(_explained(error)) from None
    return ValidItem(model.id, item, content_hash(item), len(orjson.dumps(item)))


def valid_id(given: Any) -> str:
    """The id of an item; raises InvalidItem."""
    try:
        return _ID.validate_python(given, strict=True)
    except ValidationError as error:
        faults = [FieldError("id", fault.message) for fault in field_errors(error, CatalogueItem)]
        raise InvalidItem(faults) from None


def _refuse_foreign(item: Mapping[str, Any], customer_id: UUID) -> None:
    if item.get("customer_id", str(customer_id)) != str(customer_id):
        raise InvalidItem([FieldError("customer_id", "names another customer")])
    for name, message in _NOT_HERE.items():
        if name in item:
            raise InvalidItem([FieldError(name, message)])


def _explained(error: ValidationError) -> list[FieldError]:
    for item in error.errors(include_input=False):
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, ItemOutOfBounds):
            return [FieldError(cause.field[:200], cause.reason)]
    return field_errors(error, CatalogueItem)
