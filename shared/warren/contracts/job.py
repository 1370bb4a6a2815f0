"""Base of job models: the arguments of one kind of work, with its wire name."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from warren.contracts.artifact import ARTIFACT_KEYWORD


class Job(BaseModel):
    """A command with exactly one handler.

    `kind` is written by hand and never derived (`tts.synthesize`); `version` grows with every
    change that is not an added optional field. Readers ignore fields they do not know, so that old
    workers can read new messages; the announced schema is strict, so that a caller's typo is found.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: ClassVar[str]
    version: ClassVar[int] = 1

    @classmethod
    def submission_schema(cls) -> dict[str, Any]:
        """The JSON Schema that submissions are validated by; unknown properties are refused."""
        schema: dict[str, Any] = _strict(cls.model_json_schema(mode="validation"))
        return _with_artifacts_inline(schema)


def _strict(schema: Any) -> Any:
    """The same schema for submissions: unknown properties are refused, "or null" is left out.

    A caller leaves an optional property out (the gateway drops nulls before it validates), so that
    an error names what is wrong with the value, not that it is neither this nor null.
    """
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: _strict(value) for key, value in schema.items()}
    if result.get("type") == "object" and isinstance(result.get("properties"), dict):
        result.setdefault("additionalProperties", False)
    alternatives = [a for a in result.get("anyOf", []) if a != {"type": "null"}]
    if len(alternatives) == 1 and len(alternatives) < len(result["anyOf"]):
        del result["anyOf"]
        if result.get("default", ...) is None:
            del result["default"]
        result = {**alternatives[0], **result}
    return result


def _with_artifacts_inline(schema: dict[str, Any]) -> dict[str, Any]:
    """Artifact ids stand where they are used, found without following refs."""
    definitions = schema.pop("$defs", {})
    artifacts = {
        f"#/$defs/{name}": definition
        for name, definition in definitions.items()
        if definition.get(ARTIFACT_KEYWORD) is True
    }

    def inlined(part: Any) -> Any:
        if isinstance(part, list):
            return [inlined(item) for item in part]
        if not isinstance(part, dict):
            return part
        own = {key: inlined(value) for key, value in part.items() if key != "$ref"}
        reference = part.get("$ref")
        if reference in artifacts:
            return {**artifacts[reference], **own}
        return own if reference is None else {"$ref": reference, **own}

    kept = {n: d for n, d in definitions.items() if f"#/$defs/{n}" not in artifacts}
    result: dict[str, Any] = inlined({"$defs": kept, **schema} if kept else schema)
    return result
