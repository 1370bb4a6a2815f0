"""Schemas at one place: `#/$defs/…` of a model means nothing inside an OpenAPI document."""

from collections.abc import Iterator
from typing import Any

_LOCAL, _SHARED = "#/$defs/", "#/components/schemas/"


def hoist_definitions(document: dict[str, Any]) -> None:
    """Move the `$defs` of all schemas to the components, and let their references follow.

    Raises ValueError if two that differ have one name.
    """
    shared = document.setdefault("components", {}).setdefault("schemas", {})
    for schema in list(_objects(document)):
        definitions = schema.get("$defs")
        if not isinstance(definitions, dict):
            continue
        del schema["$defs"]
        for name, definition in definitions.items():
            _put(shared, name, definition)
    for schema in _objects(document):
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith(_LOCAL):
            schema["$ref"] = _SHARED + reference.removeprefix(_LOCAL)


def _put(shared: dict[str, Any], name: str, definition: Any) -> None:
    # FastAPI has seen the same model already, with references that are right.
    if name in shared and _bare(shared[name]) != _bare(definition):
        raise ValueError(f"two schemas of the API are called {name}: rename one of the models")
    shared.setdefault(name, definition)


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: str(child).rpartition("/")[2] if key == "$ref" else _bare(child)
            for key, child in value.items()
        }
    return [_bare(child) for child in value] if isinstance(value, list) else value


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for child in list(value.values()):
            yield from _objects(child)
    elif isinstance(value, list):
        for child in value:
            yield from _objects(child)
