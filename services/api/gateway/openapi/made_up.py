"""Examples of answers, made up from their JSON Schema and from values for the fields' names."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

#: For strings of which the schema says what they are.
_FORMATS = {
    "uuid": "0199e5c0-7d3a-7c41-9f52-3a6b0e1d2c4f",
    "date-time": "2026-11-27T09:30:00Z",
    "date": "2026-11-27",
}
_EMPTY = {"boolean": False, "null": None}
_CHOICES = ("anyOf", "oneOf", "allOf")
_DEEPEST = 12


class NoExample(Exception):
    """Nothing says what these fields look like."""

    def __init__(self, *fields: str) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class MadeUp:
    """Makes up values by JSON Schema; refers to `components` as OpenAPI does."""

    def __init__(self, components: Mapping[str, Schema], values: Mapping[str, Any]) -> None:
        self._components = components
        self._values = values

    def value(self, schema: Schema, where: str, owner: str = "", depth: int = 0) -> Any:
        """A value that is valid; raises NoExample, naming the fields that have none.

        `where` names the field, `owner` the schema that it is a field of. Values are by field, by
        `Schema.field`, or by schema.
        """
        named = self._named(owner, where)
        if named is not None:
            return self._values[named]
        if "$ref" in schema:
            return self._referred(schema["$ref"].rpartition("/")[2], where, depth)
        for word in ("const", "default"):
            if word in schema:
                return schema[word]
        if "enum" in schema:
            return schema["enum"][0]
        choices = next((schema[word] for word in _CHOICES if word in schema), None)
        # Beside properties, choices say which of them are needed.
        if choices is not None and "properties" not in schema:
            return self._first_of(choices, where, owner, depth)
        return self._typed(schema, where, owner, depth)

    def _referred(self, name: str, where: str, depth: int) -> Any:
        if name in self._values:
            return self._values[name]
        return self.value(self._components[name], where, name, depth + 1)

    def _named(self, owner: str, where: str) -> str | None:
        return next((name for name in (f"{owner}.{where}", where) if name in self._values), None)

    def _first_of(self, choices: list[Schema], where: str, owner: str, depth: int) -> Any:
        if depth > _DEEPEST:
            return None
        real = [choice for choice in choices if choice.get("type") != "null"]
        return self.value(real[0], where, owner, depth) if real else None

    def _typed(self, schema: Schema, where: str, owner: str, depth: int) -> Any:
        kind = schema.get("type")
        if kind == "object" or "properties" in schema:
            return self._object(schema, where, schema.get("title", owner), depth)
        if kind == "array":
            items = [schema.get("items", {})] if depth <= _DEEPEST else []
            return [self.value(item, where, owner, depth + 1) for item in items]
        if kind in ("integer", "number"):
            return max(schema.get("minimum", 0), min(1, schema.get("maximum", 1)))
        if kind in _EMPTY:
            return _EMPTY[kind]
        if kind == "string" and schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        raise NoExample(f"{owner}.{where}" if owner else where)

    def _object(self, schema: Schema, where: str, owner: str, depth: int) -> dict[str, Any]:
        properties: Mapping[str, Schema] = schema.get("properties", {})
        if isinstance(schema.get("additionalProperties"), dict) and not properties:
            raise NoExample(f"{owner}.{where}" if owner else where)
        made: dict[str, Any] = {}
        missing: list[str] = []
        for name, of in properties.items():
            try:
                made[name] = self.value(of, name, owner, depth + 1)
            except NoExample as none:
                missing += none.fields
        if missing:
            raise NoExample(*missing)
        return made
