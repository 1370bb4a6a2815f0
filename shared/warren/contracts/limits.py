"""How a job kind says how often, and how many at a time, its tasks may run."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

RATE_PATTERN = r"^([0-9]+(?:\.[0-9]+)?)/(s|min|h)$"
#: Without a dot, so that no group has the name of a kind.
RATE_GROUP_PATTERN = r"^[a-z][a-z0-9_-]*$"
_RATE = re.compile(RATE_PATTERN)
_SECONDS = {"s": 1, "min": 60, "h": 3600}
#: What a template may name beside fields of the payload.
CALLER_FIELDS = frozenset({"customer_id", "user_id"})
_PAYLOAD = "payload."


@dataclass(frozen=True, slots=True)
class Rate:
    """Starts per second over time, and how many may start at once."""

    per_second: float
    burst: int

    @classmethod
    def parse(cls, text: str, burst: int | None = None) -> "Rate":
        """Read `10/s`, `30/min` or `100/h`; without `burst`, one second of it (at least 1).

        Raises ValueError saying how to write it.
        """
        match = _RATE.fullmatch(text)
        if match is None or float(match[1]) == 0:
            raise ValueError(f"{text!r} is no rate: write it like 10/s, 30/min or 100/h")
        per_second = float(match[1]) / _SECONDS[match[2]]
        return cls(per_second, burst or max(1, math.ceil(per_second)))


def template_fields(template: str) -> list[str]:
    """The fields that `{…}` in a key's template name.

    Known are `customer_id`, `user_id` and `payload.<field>`. Raises ValueError otherwise.
    """
    fields = []
    for _, name, spec, conversion in Formatter().parse(template):
        if name is None:
            continue
        in_payload = name.startswith(_PAYLOAD) and name.removeprefix(_PAYLOAD).isidentifier()
        if spec or conversion or not (in_payload or name in CALLER_FIELDS):
            raise ValueError(
                f"{{{name}}} in {template!r} is not known: "
                "use {customer_id}, {user_id} or {payload.<field>}"
            )
        fields.append(name)
    return fields


def fill_template(template: str, caller: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """The key that a task has by `template`; what it lacks is left empty."""
    parts = []
    for text, name, _, _ in Formatter().parse(template):
        parts.append(text)
        if name is not None:
            inside = name.startswith(_PAYLOAD)
            value = payload.get(name.removeprefix(_PAYLOAD)) if inside else caller.get(name)
            parts.append(_text(value))
    return "".join(parts)


def _text(value: Any) -> str:
    if value is None:
        return ""
    # As JSON and SQL write it.
    return str(value).lower() if isinstance(value, bool) else str(value)
