"""What an index keeps of an item beside the item itself, and what of it is embedded."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from indexer.analysis import terms

#: Words of one field; enough for any description, and a bound for what a term vector takes.
_MOST_TERMS = 5_000
#: Characters; a model reads 512 tokens.
_EMBEDDED_CHARACTERS = 2_000
#: Characters of a value that can be filtered by.
_LONGEST_TAG = 300
#: As tuples: a union is made anew each time that it is asked for, for every part of every item.
_NUMBER, _SCALAR = (int, float), (str, int, float)
#: What is no text to look for.
_SILENT = frozenset({"id", "name", "price", "currency", "images"})


@dataclass(frozen=True, slots=True)
class Searchable:
    """The terms of an item, and what it can be filtered by."""

    name: str
    text: str
    category: str | None
    currency: str | None
    price: float | None
    tags: list[str]


def searchable(item: Mapping[str, Any]) -> Searchable:
    """Never fails: what has not the type that it should have is left out."""
    category, currency, price = item.get("category"), item.get("currency"), item.get("price")
    return Searchable(
        name=_joined([_text(item.get("name"))]),
        text=_joined(
            text for field, value in item.items() if field not in _SILENT for text in _texts(value)
        ),
        category=folded(category) if isinstance(category, str) else None,
        currency=currency if isinstance(currency, str) else None,
        price=float(price) if _is_number(price) else None,
        tags=sorted(set(_tags(item.get("attributes")))),
    )


def embedded_text(item: Mapping[str, Any]) -> str:
    """What a vector stands for; the same text always has the same one."""
    parts = (_text(item.get(field)) for field in ("name", "category", "description"))
    text = "\n".join(part for part in parts if part.strip())
    # Engines in C end a text at its first NUL.
    return text.replace("\0", " ")[:_EMBEDDED_CHARACTERS]


def content_key(model: str, text: str) -> str:
    """Under which a text's vector is kept."""
    return hashlib.sha256(f"{model}\0{text}".encode()).hexdigest()


def folded(text: str) -> str:
    """As filters compare texts."""
    return " ".join(text.casefold().split())[:_LONGEST_TAG]


def tag(name: str, value: object) -> str:
    """An attribute and its value as one word."""
    if isinstance(value, bool):
        return f"{name}={str(value).lower()}"
    if isinstance(value, _NUMBER):
        return f"{name}={_number_text(value)}"
    return f"{name}={folded(str(value))}"


def _tags(attributes: Any) -> Iterator[str]:
    if not isinstance(attributes, dict):
        return
    for name, value in attributes.items():
        for single in value if isinstance(value, list) else [value]:
            if isinstance(single, _SCALAR):
                yield tag(name, single)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif _is_number(value):
        yield _number_text(value)


def _joined(texts: Iterable[str]) -> str:
    # (No word goes across the end of a line.)
    return " ".join(terms("\n".join(texts))[:_MOST_TERMS])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number_text(value: float) -> str:
    """The same for 5 and 5.0."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, _NUMBER) and not isinstance(value, bool)
