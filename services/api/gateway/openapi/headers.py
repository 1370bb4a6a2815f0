"""Headers of requests and answers, as the API's document describes them."""

from typing import Any

Described = dict[str, Any]


def _header(description: str, example: str, **schema: Any) -> Described:
    return {"description": description, "schema": {"type": "string", **schema}, "example": example}


def _always(description: str, example: str, **schema: Any) -> Described:
    return {**_header(description, example, **schema), "required": True}


IDEMPOTENCY_KEY: Described = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": (
        "The same key with the same request gets the first answer again, for 24 hours; with"
        " another request it is refused (422)"
    ),
    "example": "order-2026-11-27-0001",
}

#: By name; `components.headers` of the document.
RESPONSE_HEADERS: dict[str, Described] = {
    "Location": _always("Where what was made is found", "/api/v1/tasks/0199e5c0-7d3a-7c41-9f52"),
    "ETag": _always("What `If-None-Match` can be given to poll cheaply", '"6f1ed002ab559585"'),
    "Retry-After": _always("Seconds after which to try again", "5", pattern="^[0-9]+$"),
    "Idempotency-Replayed": _header("This is the first answer to the same request", "true"),
    "Preference-Applied": _header("How long the request was allowed to wait", "wait=10"),
    "WWW-Authenticate": _always("How to send a key", 'Bearer realm="warren"'),
    "Content-Range": _always("Which part of the file this is", "bytes 0-99/2048"),
    "X-Warren-Task": _header("The task that was made", "0199e5c0-7d3a-7c41-9f52-3a6b0e1d2c4f"),
    "X-Should-Retry": _header("Whether OpenAI's clients should ask again by themselves", "false"),
    "RateLimit-Policy": _header("What the API key may ask for", '"default";q=600;w=60'),
    "RateLimit": _header("What is left of it, and for how long", '"default";r=599;t=60'),
}


def header(name: str) -> Described:
    """A reference to a header of the components."""
    return {"$ref": f"#/components/headers/{name}"}


def name_in(
    responses: dict[str, Any], *, keyed: bool, waits: bool, limited: bool, located: bool
) -> None:
    """Name the headers of an operation's successful responses."""
    for status, response in responses.items():
        names = ["Location"] if located and status in ("201", "202") else []
        names += ["ETag"] if status in ("206", "304") else []
        names += ["Content-Range"] if status == "206" else []
        names += ["Idempotency-Replayed"] if keyed and status < "300" else []
        names += ["Preference-Applied"] if waits and status < "300" else []
        names += ["RateLimit-Policy", "RateLimit"] if limited and status < "400" else []
        if names:
            response.setdefault("headers", {}).update({name: header(name) for name in names})
