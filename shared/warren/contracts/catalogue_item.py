"""Products, services and accessories as their customer describes them, and their bounds."""

import hashlib
import math
from collections import deque
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from warren.contracts.texts import NOT_BLANK

#: Bytes of JSON of one item, so that a single write fits into a message.
MAX_ITEM_BYTES = 48 * 1024
#: Levels of lists and objects below the item.
MAX_ITEM_DEPTH = 8
#: Names of fields and attributes in one item, at all levels together.
MAX_ITEM_NAMES = 500
MAX_NAME_LENGTH = 100
#: Characters of any text that has no limit of its own.
MAX_TEXT_LENGTH = 8_000
_LARGEST_NUMBER = 2**63


class EntityKind(StrEnum):
    """What a catalogue holds; each kind has an index of its own."""

    PRODUCT = "product"
    SERVICE = "service"
    ACCESSORY = "accessory"


#: Parts of addresses, which are taken: `…/products/search` is no product.
RESERVED_IDS = frozenset({"search", "bulk", "bulk-delete"})


def _free_id(value: str) -> str:
    if value in RESERVED_IDS:
        raise ValueError(f"must not be one of {', '.join(sorted(RESERVED_IDS))}")
    if set(value) == {"."}:
        raise ValueError("must not consist of dots only")
    if len(value.encode()) > _ID_BYTES:
        raise ValueError(f"must have at most {_ID_BYTES} bytes of UTF-8")
    return value


#: Half of what Elasticsearch grants, as the customer's id stands before it there.
_ID_BYTES = 256
#: The customer's own id of an item: letters and digits of any script, and `_ . : @ ~ + -`.
EntityId = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[\w.:@~+-]+$"),
    AfterValidator(_free_id),
]


class CatalogueItem(BaseModel):
    """An item as its customer gives it. Fields beyond these are kept, within the bounds above.

    `price` is finite and not negative; `currency` an ISO 4217 code; `images` are addresses.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    __pydantic_extra__: dict[str, JsonValue]

    id: EntityId
    name: Annotated[str, Field(min_length=1, max_length=500, pattern=NOT_BLANK)]
    category: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    description: Annotated[str, Field(max_length=20_000)] | None = None
    price: Annotated[float, Field(ge=0, le=1e15, allow_inf_nan=False)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    images: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=2_048)]], Field(max_length=100)
    ] = []
    attributes: dict[str, JsonValue] = {}

    @model_validator(mode="before")
    @classmethod
    def _is_bounded(cls, given: Any) -> Any:
        if isinstance(given, dict):
            fault = next(_faults(given, _OWN_LIMITS), None)
            if fault is not None:
                raise ItemOutOfBounds(*fault)
        return given


class ItemOutOfBounds(ValueError):
    """The item is too deep, too large, or holds what JSON has not; `field` is where."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def content_hash(item: Mapping[str, Any]) -> str:
    """SHA-256 of the item, whatever the order of its fields."""
    return hashlib.sha256(orjson.dumps(item, option=orjson.OPT_SORT_KEYS)).hexdigest()


#: Whose texts the model checks, and says it better.
_OWN_LIMITS = frozenset({"name", "category", "description", "currency", "images"})


def _faults(item: Mapping[str, Any], own: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with the item as a whole, beyond what the fields in `own` say themselves."""
    names = 0
    for depth, path, value in _parts(item):
        if isinstance(value, dict):
            names += len(value)
            yield from _name_faults(path, value)
        if depth > MAX_ITEM_DEPTH and isinstance(value, dict | list):
            yield _top(path), f"is nested more than {MAX_ITEM_DEPTH} levels deep"
        elif path not in own or not isinstance(value, str):
            yield from _scalar_faults(path, value)
    if names > MAX_ITEM_NAMES:
        yield "item", f"has {names} names of fields; {MAX_ITEM_NAMES} are the most"
    yield from _size_faults(item)


def _parts(item: Mapping[str, Any]) -> Iterator[tuple[int, str, Any]]:
    """Everything in the item, shallow before deep, with depth and path: without recursion."""
    pending: deque[tuple[int, str, Any]] = deque([(0, "", item)])
    while pending:
        depth, path, value = pending.popleft()
        yield depth, path, value
        if isinstance(value, dict):
            pending.extend(
                (depth + 1, f"{path}.{name}" if path else str(name), child)
                for name, child in value.items()
            )
        elif isinstance(value, list):
            pending.extend(
                (depth + 1, f"{path}[{number}]", child) for number, child in enumerate(value)
            )


def _name_faults(path: str, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in value:
        if not 1 <= len(name) <= MAX_NAME_LENGTH:
            where = path or "item"
            yield where, f"has a name of {len(name)} characters; 1 to {MAX_NAME_LENGTH} are right"


def _scalar_faults(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and len(value) > MAX_TEXT_LENGTH:
        yield path, f"must have at most {MAX_TEXT_LENGTH} characters"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, "must be a finite number"
    elif isinstance(value, int) and not -_LARGEST_NUMBER <= value < _LARGEST_NUMBER:
        yield path, "must fit into 64 bits"


def _size_faults(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    sizes = {name: len(orjson.dumps(value)) for name, value in item.items()}
    if sum(sizes.values()) > MAX_ITEM_BYTES:
        largest = max(sizes, key=lambda name: sizes[name])
        yield largest, f"makes the item larger than {MAX_ITEM_BYTES} bytes"


def _top(path: str) -> str:
    return path.replace("[", ".").partition(".")[0] or "item"
