"""Examples at their places in the document, and complaints about those that nobody has written."""

from typing import Any

from gateway.openapi.examples import Examples
from gateway.openapi.made_up import MadeUp, NoExample

_FILE = "services/api/gateway/<its domain>/examples.py"
#: A file cannot be shown.
_BYTES = "application/octet-stream"
_JSON = "application/json"
Json = dict[str, Any]


class MissingExample(Exception):
    """Nothing says what bodies or answers look like; the message says what to write where."""


class Shown:
    """Puts examples of bodies and answers into operations, and notes what is missing."""

    def __init__(self, examples: Examples, made_up: MadeUp) -> None:
        self._examples = examples
        self._made_up = made_up
        self._missing: list[str] = []

    def show(self, operation: str, spec: Json) -> None:
        """Put the examples of an operation into its part of the document."""
        self._show_body(operation, spec)
        for status, response in spec["responses"].items():
            for media_type, described in response.get("content", {}).items():
                if "examples" not in described:
                    self._show_answer(operation, int(status), media_type, described)

    def complain(self) -> None:
        """Raise MissingExample if something was not there to be shown."""
        if self._missing:
            lines = "\n  ".join(dict.fromkeys(self._missing))
            raise MissingExample(f"write into EXAMPLES of {_FILE}:\n  {lines}")

    def _show_body(self, operation: str, spec: Json) -> None:
        content: Json = spec.get("requestBody", {}).get("content", {})
        first = next(iter(content), None)
        for media_type, described in content.items():
            if media_type == _BYTES:
                continue
            name = operation if media_type == first else f"{operation} {media_type}"
            if name in self._examples.bodies:
                described["example"] = self._examples.bodies[name]
            else:
                self._missing.append(f"bodies={{{name!r}: …}}, as it takes a body")

    def _show_answer(self, operation: str, status: int, media_type: str, described: Json) -> None:
        given = self._examples.answers.get((operation, status))
        if media_type.startswith("audio/"):
            return
        if given is not None:
            described["example"] = given
        elif media_type == _JSON and not described.get("schema"):
            self._missing.append(
                f"answers={{({operation!r}, {status}): …}}, or give the route a response_model"
            )
        elif media_type == _JSON:
            try:
                described["example"] = self._made_up.value(described["schema"], "")
            except NoExample as none:
                values = ", ".join(f"{field!r}: …" for field in none.fields)
                self._missing.append(f"values={{{values}}}, of what {operation} answers")
