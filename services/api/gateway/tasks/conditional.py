"""Answers that a client which has them already is not sent again."""

import hashlib
from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import Response

#: Kept by the caller only, and not used again before we were asked.
_CACHING = {"Cache-Control": "private, no-cache"}


def etag_of(body: bytes) -> str:
    """Made of the answer itself, so that nothing that it tells can hide behind an old one."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def conditional(
    request: Request,
    body: bytes,
    etag: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The JSON with its ETag, or 304 if `If-None-Match` names that."""
    said = {**(headers or {}), **_CACHING, "ETag": etag}
    if _has(request, etag):
        return Response(status_code=304, headers=said)
    return Response(body, status, headers=said, media_type="application/json")


def _has(request: Request, etag: str) -> bool:
    known = ",".join(request.headers.getlist("if-none-match"))
    # Compared weakly, as RFC 9110 has it for reading.
    tags = (tag.strip().removeprefix("W/") for tag in known.split(","))
    return any(tag in (etag, "*") for tag in tags)
