"""GET /client/…: the JavaScript client, and an example of a page that uses it."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Request
from fastapi.responses import Response

from gateway.problems import NotFound

router = APIRouter(prefix="/client", tags=["client"])

_MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Nothing from elsewhere, nothing inline, in nobody's frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    # Asked for again each time, which costs a 304: a new release must not meet half of an old one.
    "Cache-Control": "public, no-cache",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
#: Pages of any origin may load the modules; whether they may use the API, WARREN_CORS_ORIGINS says.
_FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    headers: dict[str, str]


@router.head("/{name}", include_in_schema=False)
@router.get("/{name}", include_in_schema=False)
async def get_file(name: str, request: Request) -> Response:
    """A file of the client; `warren.js` is the module, `example.html` the page. Needs no key."""
    file = _files().get(name)
    if file is None:
        raise NotFound(f"there is no {name!r} here: the client is /client/warren.js")
    if file.headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=file.headers)
    return Response(file.content, headers=file.headers)


@cache
def _files() -> dict[str, _File]:
    found = {}
    for path in (files("gateway.browser") / "files").iterdir():
        suffix = "." + path.name.rpartition(".")[2]
        if suffix not in _MEDIA_TYPES:
            continue
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        headers = {"Content-Type": _MEDIA_TYPES[suffix], "ETag": f'"{digest[:32]}"', **_HEADERS}
        found[path.name] = _File(content, {**headers, **(_FOR_ALL if suffix == ".js" else {})})
    return found
