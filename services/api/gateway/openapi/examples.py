"""What each domain shows of itself in the API's document: `EXAMPLES` in its `examples.py`."""

import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Self

import gateway
from gateway.problems import Problem


class Trait(StrEnum):
    """What cannot be seen in the declaration of a route."""

    #: Takes an Idempotency-Key, though its route class does not.
    KEYED = "keyed"
    #: Its address may carry a signature instead of a key.
    SIGNED = "signed"
    #: Answers 201 or 202 without a Location: nothing new has an address.
    UNLOCATED = "unlocated"


@dataclass(frozen=True)
class Examples:
    """Keys are operations such as `GET /api/v1/tasks/{task_id}`.

    `values` are by the name of a field, by `Schema.field` where that is not enough, or by schema:
    answers are made up of them. `answers`, by operation and status, are for what has no schema to
    make one from.
    `problems` are those that are special to an operation.
    """

    tags: Mapping[str, str] = field(default_factory=dict)
    bodies: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[tuple[str, int], Any] = field(default_factory=dict)
    problems: Mapping[str, Sequence[type[Problem]]] = field(default_factory=dict)
    traits: Mapping[str, Sequence[Trait]] = field(default_factory=dict)

    @classmethod
    def together(cls, parts: Sequence[Self]) -> Self:
        """All of them as one; raises ValueError if two say different things of the same."""
        merged: dict[str, dict[Any, Any]] = {item.name: {} for item in fields(cls)}
        for part in parts:
            for name, known in merged.items():
                for key, value in getattr(part, name).items():
                    if known.setdefault(key, value) != value:
                        raise ValueError(f"two domains show different {name} of {key}")
        return cls(**merged)

    def has(self, operation: str, trait: Trait) -> bool:
        """Whether the operation has the trait."""
        return trait in self.traits.get(operation, ())


def all_examples() -> Examples:
    """What the modules `gateway.<domain>.examples` say."""
    return Examples.together(list(_modules()))


def _modules() -> Iterator[Examples]:
    for package in pkgutil.iter_modules(gateway.__path__, "gateway."):
        name = f"{package.name}.examples"
        if package.ispkg and package.name != __package__ and find_spec(name) is not None:
            yield import_module(name).EXAMPLES
