"""What the documentation of the API says of bodies that the handlers read themselves."""

from collections.abc import Mapping, Sequence
from typing import Any


def json_body(schema: Mapping[str, Any], *, required: bool = True) -> dict[str, Any]:
    """For `openapi_extra`: an object of this JSON Schema."""
    content = {"application/json": {"schema": dict(schema)}}
    return {"requestBody": {"required": required, "content": content}}


def form_body(properties: Mapping[str, Any], required: Sequence[str]) -> dict[str, Any]:
    """For `openapi_extra`: multipart/form-data with a `file` and these fields beside it."""
    file = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "properties": {"file": file, **properties},
        "required": ["file", *required],
    }
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}
