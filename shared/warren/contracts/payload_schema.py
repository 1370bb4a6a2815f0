"""Validating a payload by the JSON Schema that its service announced."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from warren.contracts.artifact import ARTIFACT_KEYWORD, SPILL_KEYWORD
from warren.contracts.colours import COLOUR
from warren.contracts.texts import NOT_BLANK, PLAIN_TEXT, PLAIN_WORDS

_MAX_ERRORS = 20
#: Words that may be written in any case: `^([Yy][Ee][Ss]|[Nn][Oo])$`.
_IN_ANY_CASE = re.compile(r"\^\(((?:\[[A-Z][a-z]\]|\|)+)\)\$")
_EITHER_CASE = re.compile(r"\[([A-Z])[a-z]\]")


@dataclass(frozen=True, slots=True)
class Misfit:
    """What is wrong with one part of a payload; `field` is a path such as `payload.text`."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Spill:
    """A long text under `text` may stand as an artifact under `artifact` instead."""

    text: str
    artifact: str


class PayloadSchema:
    """A compiled schema; raises ValueError if it is none."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._validator = jsonschema_rs.validator_for(schema, validate_formats=True, offline=True)
        # A part may also be `true` or `false`, which says nothing of artifacts.
        properties: dict[str, dict[str, Any]] = {
            name: part
            for name, part in schema.get("properties", {}).items()
            if isinstance(part, dict)
        }
        self.artifact_fields = frozenset(
            name for name, part in properties.items() if part.get(ARTIFACT_KEYWORD) is True
        )
        self.artifact_lists = frozenset(
            name
            for name, part in properties.items()
            if isinstance(part.get("items"), dict) and part["items"].get(ARTIFACT_KEYWORD) is True
        )
        self.spills = tuple(
            Spill(name, part[SPILL_KEYWORD])
            for name, part in properties.items()
            if isinstance(part.get(SPILL_KEYWORD), str)
        )

    def errors(self, payload: dict[str, Any], path: str = "payload") -> list[Misfit]:
        """What is wrong with `payload`, field by field below `path`; empty when it is valid."""
        if self._validator.is_valid(payload):
            return []
        found: dict[str, Misfit] = {}
        for error in self._validator.iter_errors(payload):
            for item in self._explain(error, _field(path, error.instance_path)):
                # One message a field: the first says what to change.
                found.setdefault(item.field, item)
            if len(found) >= _MAX_ERRORS:
                break
        return list(found.values())

    def travelling_errors(self, payload: dict[str, Any]) -> list[Misfit]:
        """What is wrong with a payload as workers get it: with references in place of ids."""
        submitted = dict(payload)
        for name in self.artifact_fields & payload.keys():
            submitted[name] = _id_of(payload[name])
        for name in self.artifact_lists & payload.keys():
            if isinstance(payload[name], list):
                submitted[name] = [_id_of(item) for item in payload[name]]
        return self.errors(submitted, "")

    def _explain(self, error: jsonschema_rs.ValidationError, field: str) -> Iterator[Misfit]:
        kind: Any = error.kind
        name = kind.name
        if name == "required":
            yield Misfit(below(field, kind.property), "is required")
        elif name in {"additionalProperties", "unevaluatedProperties"}:
            known = self._known_properties(error.instance_path)
            for unexpected in kind.unexpected:
                yield Misfit(below(field, unexpected), _unknown_property(unexpected, known))
        elif name in {"oneOf", "anyOf"}:
            yield self._explain_choice(error, field)
        elif name == "falseSchema" and error.schema_path[:1] == ["dependentSchemas"]:
            yield Misfit(field, f"must be left out where {error.schema_path[1]} is given")
        else:
            yield Misfit(field, _message(name, kind, error.message))

    def _explain_choice(self, error: jsonschema_rs.ValidationError, field: str) -> Misfit:
        alternatives = self._at(error.schema_path)
        names = [_required_alone(part) for part in alternatives or []]
        if not names or None in names:
            return Misfit(field, "fits none, or more than one, of the allowed shapes")
        listed = " or ".join(str(name) for name in names)
        both = type(error.kind).__name__.endswith("OneOfMultipleValid")
        message = f"give {listed}, but only one of them" if both else f"give {listed}"
        if error.schema_path[0] == "then":
            message += f"; {self._condition()} needs it"
        return Misfit(below(field, str(names[0])), message)

    def _condition(self) -> str:
        """What `then` depends on, in words such as `output_format jpeg`."""
        parts = self._schema["if"].get("properties", {})
        return " and ".join(f"{name} {part.get('const')}" for name, part in parts.items())

    def _known_properties(self, path: list[str | int]) -> list[str]:
        return list(self._schema.get("properties", {})) if not path else []

    def _at(self, path: list[str | int]) -> Any:
        part: Any = self._schema
        for step in path:
            try:
                part = part[step]
            except (KeyError, IndexError, TypeError):
                return None
        return part


def below(path: str, name: str) -> str:
    """The path of the property `name` of whatever stands at `path`."""
    return f"{path}.{name}" if path else name


def _id_of(reference: Any) -> Any:
    # A bare id would reach the worker as it is, which could not open it.
    return reference.get("id") if isinstance(reference, dict) else {"not": "a reference"}


def _field(path: str, steps: list[str | int]) -> str:
    for step in steps:
        path = f"{path}[{step}]" if isinstance(step, int) else below(path, step)
    return path


def _required_alone(schema: Any) -> str | None:
    if isinstance(schema, dict) and list(schema) == ["required"] and len(schema["required"]) == 1:
        return str(schema["required"][0])
    return None


def _unknown_property(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f"is not known; did you mean {close[0]}?"
    return "is not known" + (f"; known are {', '.join(known)}" if known else "")


def _message(name: str, kind: Any, fallback: str) -> str:
    match name:
        case "type":
            return "must be " + " or ".join(_TYPES.get(item, item) for item in kind.types)
        case "enum":
            return "must be one of " + ", ".join(str(option) for option in kind.options)
        case "minLength" if kind.limit == 1:
            return "must not be empty"
        case "pattern":
            return unlike(kind.pattern)
        case "format":
            return f"must be a valid {kind.format}"
        case _ if name in _LIMITS:
            return _LIMITS[name].format(limit=kind.limit)
        case _:
            return fallback[:200]


def unlike(pattern: str) -> str:
    """What to say of a text that does not match the pattern."""
    if pattern in (NOT_BLANK, r"\S"):
        return "must not be blank"
    if pattern == PLAIN_WORDS:
        return "must not be blank, nor have control characters"
    if pattern == COLOUR:
        return "must be #rrggbb or the name of a CSS colour"
    if pattern == PLAIN_TEXT:
        return "must not have control characters"
    words = _IN_ANY_CASE.fullmatch(pattern)
    if words is not None:
        return "must be one of " + _EITHER_CASE.sub(r"\1", words[1]).replace("|", ", ")
    return f"must match the pattern {pattern}"


_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_LIMITS = {
    "minLength": "must have at least {limit} characters",
    "maxLength": "must have at most {limit} characters",
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "exclusiveMinimum": "must be greater than {limit}",
    "exclusiveMaximum": "must be less than {limit}",
    "minItems": "must have at least {limit} items",
    "maxItems": "must have at most {limit} items",
    "minProperties": "must have at least {limit} properties",
    "maxProperties": "must have at most {limit} properties",
}
