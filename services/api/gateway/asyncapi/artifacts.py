"""Files in messages: callers name them by id, messages carry the whole reference."""

from typing import Any

from warren.contracts.artifact import ARTIFACT_KEYWORD, ArtifactRef

_NAME = ArtifactRef.__name__


def put_references(document: dict[str, Any]) -> None:
    """Let every field that a caller would give an id refer to the schema of a reference."""
    _refer(document)
    document["components"]["schemas"][_NAME] = ArtifactRef.model_json_schema(mode="serialization")


def _refer(value: Any) -> None:
    if isinstance(value, dict):
        if value.get(ARTIFACT_KEYWORD) is True:
            value.clear()
            value["$ref"] = f"#/components/schemas/{_NAME}"
        for child in value.values():
            _refer(child)
    elif isinstance(value, list):
        for child in value:
            _refer(child)
