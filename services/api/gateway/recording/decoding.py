"""Status messages to statuses; what cannot be read is set aside with its reason."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError

from warren.contracts.status import Status, parse_status, split_statuses

#: PostgreSQL cannot store the character NUL, and no status should be lost for one.
_ESCAPED_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_REPLACEMENT = rb"\1\\ufffd"
_ERROR_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Reported:
    """A valid status, with the bytes it came in should it have to be set aside."""

    status: Status
    body: bytes


@dataclass(frozen=True, slots=True)
class Rejected:
    """A status that cannot be recorded, and why."""

    body: bytes
    error: str


def read_statuses(bodies: Iterable[bytes]) -> tuple[list[Reported], list[Rejected]]:
    """Decode and validate the statuses of several messages, keeping their order."""
    reported: list[Reported] = []
    rejected: list[Rejected] = []
    for body in bodies:
        try:
            raws = split_statuses(storable(body))
        except ValueError as error:
            rejected.append(rejection(body, error))
            continue
        for raw in raws:
            item = _validated(raw)
            (reported if isinstance(item, Reported) else rejected).append(item)  # type: ignore[arg-type]
    return reported, rejected


def storable(body: bytes) -> bytes:
    """The same JSON with U+FFFD for every NUL."""
    if b"\\u0000" not in body:
        return body
    return _ESCAPED_NUL.sub(_REPLACEMENT, body)


def rejection(body: bytes, error: Exception) -> Rejected:
    """What is set aside because of `error`."""
    detail = _faults(error) if isinstance(error, ValidationError) else str(error)
    text = f"{type(error).__name__}: {detail}".replace("\x00", "\ufffd")
    return Rejected(body, text[:_ERROR_CHARACTERS])


def _validated(raw: Any) -> Reported | Rejected:
    body = orjson.dumps(raw)
    try:
        return Reported(parse_status(raw), body)
    except ValidationError as error:
        return rejection(body, error)


def _faults(error: ValidationError) -> str:
    # Without the values, which may be a customer's.
    faults = error.errors(include_url=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in faults)
