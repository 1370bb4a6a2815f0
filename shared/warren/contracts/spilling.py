"""Long values of a payload, which travel as files: a text as it is, a list as a line for each."""

from dataclasses import dataclass
from typing import Any

import orjson

#: What is longer spills, where the schema offers an artifact for it; bytes of UTF-8.
SPILL_OVER = 16 * 1024
_LONGEST_CHARACTER = 4


@dataclass(frozen=True, slots=True)
class Spilled:
    """A file that stands for a value."""

    name: str
    content: bytes
    media_type: str


def spilled(name: str, value: Any) -> Spilled | None:
    """The file of the property `name`; None if the value is short, or neither text nor list."""
    if isinstance(value, str):
        if len(value) <= SPILL_OVER // _LONGEST_CHARACTER:
            return None
        file = Spilled(f"{name}.txt", value.encode(), "text/plain; charset=utf-8")
    elif isinstance(value, list):
        file = Spilled(f"{name}.ndjson", lines(value), "application/x-ndjson")
    else:
        return None
    return file if len(file.content) > SPILL_OVER else None


def lines(values: list[Any]) -> bytes:
    """Each value as JSON on a line of its own."""
    return b"".join(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE) for value in values)
