"""How long a request wants to wait for the end of its task."""

import re

from starlette.requests import Request

from gateway.problems import FieldError, InvalidFields

#: Header and parameter, as every endpoint that waits documents them.
PARAMETERS = [
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "examples": ["wait=10"]},
        "description": "`wait=n`: wait up to n seconds for the end of the task (RFC 7240)",
    },
    {
        "name": "async_mode",
        "in": "query",
        "required": False,
        "schema": {"type": "boolean", "default": True},
        "description": "`false`: wait for the end of the task as long as the gateway allows",
    },
]
_WAIT = re.compile(r'wait(?:\s*=\s*"?([0-9]{1,9})"?)?', re.IGNORECASE)


def wanted_wait(request: Request, limit: float) -> float | None:
    """Seconds to wait, `limit` at most; None if the request does not want to.

    A preference that is not understood is ignored, as RFC 7240 has it. Raises InvalidFields for an
    `async_mode` that is neither true nor false.
    """
    # Hardly any request has a query.
    mode = "true"
    if request.scope["query_string"]:
        mode = request.query_params.get("async_mode", "true").lower()
    if mode not in ("true", "false"):
        raise InvalidFields([FieldError("async_mode", "must be true or false")])
    for preference in ",".join(request.headers.getlist("prefer")).split(","):
        match = _WAIT.fullmatch(preference.partition(";")[0].strip())
        if match is not None:
            return limit if match[1] is None else min(float(match[1]), limit)
    return limit if mode == "false" else None
