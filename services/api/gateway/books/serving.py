"""Files of a book as answers: its own, from the cached copy while that is there, and its places."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from gateway.artifacts.serving import file_response
from gateway.composition import Gateway
from gateway.problems import ArtifactGone, ArtifactNotFound

_STATUS = "Cache-Status"


async def book_file(request: Request, gateway: Gateway, book: dict[str, Any]) -> Response:
    """Raises ArtifactNotFound, RangeNotSatisfiable, ArtifactGone or CorruptContent."""
    if (cached := await _from_cache(request, gateway, book)) is not None:
        return cached
    hit = "warren; hit" if _is_copied_as_it_is(book) else "warren; fwd=miss"
    file = await gateway.artifacts.find(book["file_id"], book["customer_id"])
    headers = {_STATUS: hit, "Vary": "Accept-Encoding"}
    return await file_response(request, gateway.artifacts.store, file, headers)


async def locations_file(request: Request, gateway: Gateway, book: dict[str, Any]) -> Response:
    """A `LocationsFile`, as it is stored; raises what `book_file` raises."""
    file = await gateway.artifacts.find(book["locations_id"], book["customer_id"])
    # They may be made anew at any time.
    shown = {"Content-Disposition": "inline", "Cache-Control": "private, no-cache"}
    return await file_response(request, gateway.artifacts.store, file, shown)


async def _from_cache(request: Request, gateway: Gateway, book: dict[str, Any]) -> Response | None:
    """The compressed copy, if there is one and the request can have it."""
    cache = book["cache"]
    takes_gzip = "gzip" in request.headers.get("accept-encoding", "")
    # Ranges are of the file, not of its compressed form.
    if not cache or cache["encoding"] != "gzip" or not takes_gzip or "range" in request.headers:
        return None
    try:
        copy = await gateway.artifacts.find(book["cache_id"], book["customer_id"])
        named = copy.model_copy(
            update={"name": book["file_name"], "media_type": book["media_type"]}
        )
        headers = {_STATUS: "warren; hit", "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return await file_response(request, gateway.artifacts.store, named, headers)
    except (ArtifactNotFound, ArtifactGone):
        # Its day is over, or it was cleaned up: the file itself is there.
        return None


def _is_copied_as_it_is(book: dict[str, Any]) -> bool:
    return bool(book["cache"]) and book["cache"]["encoding"] == "identity"
