"""What endpoints answer that accept a task and can wait for its end (gateway/awaiting/route.py)."""

from typing import Any

SCHEMA = "AwaitedTask"
#: The answer without a wait has other members beside these, which stay.
AWAITED_SCHEMA: dict[str, Any] = {
    "title": SCHEMA,
    "description": "The accepted task as it has become; `result` once it has ended",
    "allOf": [{"$ref": "#/components/schemas/TaskStatus"}],
    "properties": {"result": {}},
}
_JSON = "application/json"


def describe(responses: dict[str, Any]) -> None:
    """Add what comes of a wait to the responses of an operation that answers 202 without one."""
    accepted = responses["202"]
    at_once = accepted["content"][_JSON]["schema"]
    either = {"anyOf": [at_once, {"$ref": f"#/components/schemas/{SCHEMA}"}]}
    accepted["content"][_JSON]["schema"] = either
    ended = responses.setdefault("200", {"description": "The task has ended, or was there before"})
    content = ended.setdefault("content", {}).setdefault(_JSON, {})
    others = [content["schema"]] if "schema" in content else []
    content["schema"] = {"anyOf": [*others, *reversed(either["anyOf"])]}
