"""Reading a JSON object from a request, with every way it can be bad told apart."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import orjson
from starlette.requests import Request

from gateway.problems import (
    BodyNotUtf8,
    BodyTooDeep,
    ClientTooSlow,
    FieldError,
    InvalidFields,
    MalformedBody,
    TooLarge,
)
from gateway.repeated_keys import STANDS_TWICE, repeated_key

MAX_DEPTH = 64
_READ_TIMEOUT = 15.0


async def read_json(request: Request, max_bytes: int) -> dict[str, Any]:
    """The body as an object; raises the Problem that says what is wrong with it."""
    return parse_object(await read_body(request, max_bytes))


def parse_object(body: bytes) -> dict[str, Any]:
    """Parse one JSON object of UTF-8 text that PostgreSQL can store.

    Refuses what JSON does not have (NaN, Infinity), nesting over MAX_DEPTH, keys that an object has
    twice, and text with NUL or lone surrogates, naming the field.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _why_malformed(body, error) from error
    if not isinstance(parsed, dict):
        raise MalformedBody.at("body", f"must be a JSON object, not {_json_type(parsed)}")
    # Cheap bounds first: hardly any body needs the walk.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH and _too_deep(parsed):
        raise _too_deeply_nested()
    repeated = repeated_key(body, parsed)
    if repeated is not None:
        raise MalformedBody.at(repeated, STANDS_TWICE)
    if b"\\u0000" in body:
        _refuse_texts_with(parsed, "\x00", "must not contain the character U+0000")
    return parsed


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The bytes of the body; raises TooLarge or ClientTooSlow."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    received = bytearray()
    try:
        async with asyncio.timeout(_READ_TIMEOUT):
            async for chunk in request.stream():
                received += chunk
                if len(received) > max_bytes:
                    raise _too_large(max_bytes)
    except TimeoutError as error:
        raise ClientTooSlow(f"the body did not arrive within {_READ_TIMEOUT:.0f} s") from error
    return bytes(received)


def _too_large(max_bytes: int) -> TooLarge:
    message = f"is larger than {max_bytes} bytes; upload long content as an artifact"
    return TooLarge.at("body", message, limit_bytes=max_bytes)


def _too_deeply_nested() -> BodyTooDeep:
    return BodyTooDeep.at("body", f"is nested more than {MAX_DEPTH} levels deep")


def _why_malformed(body: bytes, error: orjson.JSONDecodeError) -> Exception:
    try:
        body.decode()
    except UnicodeDecodeError as not_utf8:
        return _why_not_utf8(body, not_utf8.start)
    if "depth limit" in error.msg:
        return _too_deeply_nested()
    if "surrogate" in error.msg:
        _refuse_lone_surrogates(body)
    where = f"line {error.lineno} column {error.colno}"
    return MalformedBody.at("body", f"is not JSON: {error.msg.split(': line')[0]} at {where}")


def _why_not_utf8(body: bytes, position: int) -> BodyNotUtf8:
    field = _field_with_surrogate(body.decode(errors="surrogateescape")) or "body"
    return BodyNotUtf8.at(field, f"is not valid UTF-8 (byte {position} of the body)")


def _refuse_lone_surrogates(body: bytes) -> None:
    field = _field_with_surrogate(body.decode())
    if field is not None:
        raise _bad_text(field, "must not contain half of a surrogate pair (\\ud800–\\udfff)")


def _field_with_surrogate(body: str) -> str | None:
    """The field at fault, which only a more lenient parser can find."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    for path, text in texts(parsed, ""):
        if any("\ud800" <= character <= "\udfff" for character in text):
            return _printable(path)
    return None


def _refuse_texts_with(parsed: dict[str, Any], character: str, message: str) -> None:
    for path, text in texts(parsed, ""):
        if character in text:
            raise _bad_text(path, message)


def _bad_text(path: str, message: str) -> InvalidFields:
    return InvalidFields([FieldError(_printable(path) or "body", message)])


def _printable(path: str) -> str:
    return path.encode("ascii", "backslashreplace").decode().replace("\x00", "\\u0000")


def texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in `value`, keys included, with the path of its field."""
    pending = [(path, value)]
    while pending:
        here, item = pending.pop()
        if isinstance(item, str):
            yield here, item
        elif isinstance(item, dict):
            for key, child in item.items():
                below = f"{here}.{key}" if here else key
                yield below, key
                pending.append((below, child))
        elif isinstance(item, list):
            pending.extend((f"{here}[{number}]", child) for number, child in enumerate(item))


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _json_type(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
