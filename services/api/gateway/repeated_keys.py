"""A key that stands twice in one JSON object: parsers differ in which of the two they believe."""

import json
from typing import Any

import orjson

#: What is said of it.
STANDS_TWICE = "stands twice in one object"
#: How an escaped colon begins; case matters not in its last digit.
_ESCAPED_COLON = rb"\u003"


def repeated_key(body: bytes, parsed: Any) -> str | None:
    """A key that an object of `body` has twice, as errors name it, if there is such a one.

    `parsed` is the body. What a parser drops is missing where the object is written again: one
    colon at least. Only then, or if a colon may be written as an escape, the body is parsed in a
    slower way. Nesting that is too deep for that is for others to refuse.
    """
    if _is_complete(body, parsed):
        return None
    try:
        json.loads(body, object_pairs_hook=_once, parse_int=float)
    except _Repeated as repeated:
        shown = repeated.key.encode("ascii", "backslashreplace").decode()
        return "".join(c for c in shown if c.isprintable())[:200] or "body"
    except RecursionError:
        return None
    return None


def _is_complete(body: bytes, parsed: Any) -> bool:
    if _ESCAPED_COLON in body:
        return False
    try:
        return body.count(b":") == orjson.dumps(parsed).count(b":")
    except orjson.JSONEncodeError:
        # Deeper than it writes.
        return False


class _Repeated(Exception):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _Repeated(key)
        seen.add(key)
