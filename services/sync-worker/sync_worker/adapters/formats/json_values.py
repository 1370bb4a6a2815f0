"""JSON: every value with the path to it."""

import json
from collections.abc import Iterator
from typing import Any

from sync_worker.errors import BrokenFile


def text_of_json(text: str, field: str) -> Iterator[str]:
    """Lines `path: value`; raises BrokenFile naming the place."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise BrokenFile(f"this is no JSON: {error.msg} in {place}", field=field) from None
    except (RecursionError, ValueError) as error:
        raise BrokenFile(f"this JSON is not read: {error}", field=field) from None
    # A stack of our own: what json.loads has let through may still be deep.
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend(
                (f"{path}.{key}" if path else key, v) for key, v in reversed(value.items())
            )
        elif isinstance(value, list):
            stack.extend((path, item) for item in reversed(value))
        elif value is not None:
            yield f"{path}: {value}" if path else str(value)
