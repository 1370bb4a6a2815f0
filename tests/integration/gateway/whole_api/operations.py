"""What the recorded document says of each operation, with the examples in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[4] / "docs" / "api" / "openapi.json"


@dataclass(frozen=True)
class Operation:
    """One of them; `body` is the example of a JSON body."""

    method: str
    path: str
    scopes: frozenset[str]
    body: Any
    takes_form: bool

    @property
    def label(self) -> str:
        """Such as `GET /api/v1/tasks`."""
        return f"{self.method} {self.path}"

    def path_with(self, known: Mapping[str, list[str]]) -> str:
        """The path of something that is there."""
        path = self.path
        for name, ids in known.items():
            path = path.replace(f"{{{name}}}", ids[0])
        assert "{" not in path, f"make something that {path} is about in conftest.py"
        return path


def operations() -> list[Operation]:
    """All operations of the API."""
    document = json.loads(DOCUMENT.read_text())
    return [
        _operation(method.upper(), path, spec)
        for path, specs in document["paths"].items()
        for method, spec in specs.items()
    ]


def _operation(method: str, path: str, spec: dict[str, Any]) -> Operation:
    content = spec.get("requestBody", {}).get("content", {})
    scopes = {
        scope for choice in spec["security"] for needed in choice.values() for scope in needed
    }
    return Operation(
        method=method,
        path=path,
        scopes=frozenset(scopes),
        body=content.get("application/json", {}).get("example"),
        takes_form="multipart/form-data" in content,
    )
