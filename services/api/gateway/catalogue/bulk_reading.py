"""The items of a bulk, one by one: of NDJSON in flat memory, of `{"items": […]}` in one piece.

What cannot be read of one item is that item's fault; the others are read all the same.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

import orjson

from gateway.json_body import texts
from gateway.problems import FieldError, InvalidFields, MalformedBody, TooLarge
from gateway.repeated_keys import STANDS_TWICE, repeated_key
from warren.contracts.catalogue_item import MAX_ITEM_BYTES, MAX_ITEM_DEPTH

#: A line with white space and escapes may be so much longer than the item that it holds.
_LONGEST_LINE = 8 * MAX_ITEM_BYTES
#: A body of `{"items": […]}` is held whole.
MAX_JSON_BYTES = 16 * 1024 * 1024
#: Texts, brackets and commas: what tells where an element ends. A name is a text before a colon.
#: A text without an end is one up to the end of the body, lest each of its quotes be tried anew.
_TOKENS = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z))(\s*:)?|[\[\]{},]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An element of a bulk: its `value`, or the `fault` for which it has none."""

    position: int
    value: Any = None
    fault: FieldError | None = None


def read_ndjson(body: IO[bytes]) -> Iterator[ReadItem]:
    """One item a line; empty lines count, but are no items."""
    position = -1
    while line := body.readline(_LONGEST_LINE):
        position += 1
        if not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
            _skip_line(body)
            message = f"is a line of more than {_LONGEST_LINE} bytes"
            yield ReadItem(position, fault=FieldError("item", message))
        elif line.strip():
            yield _read(position, line)


def read_json_items(body: bytes, name: str = "items") -> Iterator[ReadItem]:
    """The elements of the list in `{"items": […]}`; raises a Problem if the body is none."""
    if len(body) > MAX_JSON_BYTES:
        message = f"is larger than {MAX_JSON_BYTES} bytes: send NDJSON, one item a line"
        raise TooLarge.at("body", message, limit_bytes=MAX_JSON_BYTES)
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return (_read(n, raw) for n, raw in enumerate(_split(body, name, error)))
    repeated = repeated_key(body, parsed)
    if repeated is not None:
        raise MalformedBody.at(repeated, STANDS_TWICE)
    items = _list_of(parsed, name)
    if b"\\u0000" in body:
        return (_checked(n, value) for n, value in enumerate(items))
    return (ReadItem(n, value) for n, value in enumerate(items))


def _list_of(parsed: Any, name: str) -> list[Any]:
    if not isinstance(parsed, dict):
        raise MalformedBody.at("body", f'must be a JSON object such as {{"{name}": […]}}')
    unknown = sorted(set(parsed) - {name})
    if unknown:
        raise InvalidFields([FieldError(unknown[0][:100], f"is not known; known is {name}")])
    if not isinstance(parsed.get(name), list) or not parsed[name]:
        raise InvalidFields([FieldError(name, "must be a list that is not empty")])
    items: list[Any] = parsed[name]
    return items


def _skip_line(body: IO[bytes]) -> None:
    while (piece := body.readline(_LONGEST_LINE)) and not piece.endswith(b"\n"):
        continue


def _read(position: int, raw: bytes) -> ReadItem:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return _read_leniently(position, raw, error)
    repeated = repeated_key(raw, value)
    if repeated is not None:
        return ReadItem(position, fault=FieldError(repeated, STANDS_TWICE))
    return _checked(position, value) if b"\\u0000" in raw else ReadItem(position, value)


def _read_leniently(position: int, raw: bytes, error: orjson.JSONDecodeError) -> ReadItem:
    """Not JSON, but perhaps something that only one field is to blame for."""
    deep = _too_deep(raw)
    if deep is not None:
        message = f"is nested more than {MAX_ITEM_DEPTH} levels deep"
        return ReadItem(position, fault=FieldError(deep, message))
    try:
        return _checked(position, json.loads(raw))
    except (ValueError, RecursionError):
        message = f"is not JSON: {error.msg.split(': line')[0]}"
        return ReadItem(position, fault=FieldError("item", message))


def _checked(position: int, value: Any) -> ReadItem:
    for path, text in texts(value, ""):
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            field = path.encode("ascii", "backslashreplace").decode().replace("\x00", "\\u0000")
            message = "must not contain U+0000, nor half of a surrogate pair"
            return ReadItem(position, fault=FieldError(field[:200] or "item", message))
    return ReadItem(position, value)


def _too_deep(raw: bytes) -> str | None:
    """The field that is nested too deeply for any parser."""
    depth, field = 0, b""
    for token in _TOKENS.finditer(raw):
        if token[2] is not None and depth == 1:
            field = token[1].strip(b'"')
        elif token[0] in (b"[", b"{"):
            depth += 1
            if depth > MAX_ITEM_DEPTH + 1:
                return field.decode(errors="replace")[:100] or "item"
        elif token[0] in (b"]", b"}"):
            depth -= 1
    return None


def _split(body: bytes, name: str, error: orjson.JSONDecodeError) -> list[bytes]:
    """The raw elements of a list, some of which are not JSON. Raises MalformedBody."""
    span = _Span(f'"{name}"'.encode())
    for token in _TOKENS.finditer(body):
        span.read(token)
    problem = MalformedBody.at("body", f"is not JSON: {error.msg}")
    if span.start is None or span.end is None:
        raise problem from error
    try:
        rest = orjson.loads(body[: span.start] + b"0" + body[span.end :])
    except orjson.JSONDecodeError:
        raise problem from error
    _list_of(rest, name)
    return [body[a:b] for a, b in span.elements]


class _Span:
    """Where a list stands in an object, and where its elements do."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._depth = 0
        self._named: bytes | None = None
        self._begun = 0
        self.start: int | None = None
        self.end: int | None = None
        self.elements: list[tuple[int, int]] = []

    @property
    def _inside(self) -> bool:
        return self.start is not None and self.end is None

    def read(self, token: re.Match[bytes]) -> None:
        """Follow one token."""
        if token[1] is not None:
            self._named = token[1] if token[2] is not None and self._depth == 1 else self._named
        elif token[0] in (b"[", b"{"):
            self._open(token)
        elif token[0] in (b"]", b"}"):
            self._close(token)
        elif self._inside and self._depth == 2:
            self._element(token)

    def _open(self, token: re.Match[bytes]) -> None:
        self._depth += 1
        first = self.start is None and self._depth == 2
        if first and token[0] == b"[" and self._named == self._name:
            self.start = self._begun = token.end()

    def _close(self, token: re.Match[bytes]) -> None:
        self._depth -= 1
        if self._inside and self._depth == 1:
            self._element(token)
            self.end = token.start()

    def _element(self, token: re.Match[bytes]) -> None:
        self.elements.append((self._begun, token.start()))
        self._begun = token.end()
